package org.octothorpe.cli.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.io.StateDict;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.StateLayout;

/**
 * A trained network as a file holds it, with what the file says of itself.
 *
 * @param architecture the network
 * @param state its parameters, which fit it
 * @param vocabulary the tags of its outputs; empty if the file does not say
 * @param imageSize rows and columns of the images that it was trained on
 * @param remarks what a user should know of how the file was understood
 */
public record ModelFile(
    ResNeXt architecture,
    StateDict state,
    List<String> vocabulary,
    int imageSize,
    List<String> remarks) {
  private static final int DEFAULT_IMAGE_SIZE = 224;
  private static final int SHOWN = 60;
  private static final String LAST_LAYER = "fc.weight";

  /**
   * What a user says of a file.
   *
   * @param model the architecture's name; null for the one that the file says
   * @param imageSize in place of the one that the file says; 0 for that
   * @param weights which of several sets of weights; null for the likeliest
   */
  public record Request(@Nullable String model, int imageSize, @Nullable String weights) {}

  /**
   * Reads a run folder, a checkpoint folder or a file.
   *
   * @throws CommandFailure if the file does not say its architecture, nor does the request
   * @throws IllegalArgumentException if its weights do not fit, or are not finite
   */
  public static ModelFile read(Path path, Request request) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(path, request.weights);
    ModelMetadata metadata = ModelMetadata.of(checkpoint.metadata());
    ResNeXt architecture = architecture(checkpoint, metadata, request.model);
    StateDict state = StateLayout.of(architecture).fit(checkpoint.state());
    List<String> remarks = new ArrayList<>(state.remarks());
    List<String> vocabulary = metadata.vocabulary();
    if (!vocabulary.isEmpty() && vocabulary.size() != architecture.classes()) {
      remarks.add(
          String.format(
              Locale.ROOT,
              "its vocabulary has %d tags, but the network %d outputs: it is not used",
              vocabulary.size(),
              architecture.classes()));
      vocabulary = List.of();
    }
    int imageSize = request.imageSize;
    if (imageSize == 0) {
      imageSize = metadata.imageSize() > 0 ? metadata.imageSize() : DEFAULT_IMAGE_SIZE;
      if (metadata.imageSize() == 0) {
        remarks.add(
            "it does not say its image size: " + imageSize + " is taken (--image-size PX changes)");
      }
    }
    for (Map.Entry<String, String> text : metadata.foreign().entrySet()) {
      remarks.add(
          "its metadata '%s' is not used: %s".formatted(text.getKey(), shown(text.getValue())));
    }
    return new ModelFile(architecture, state, vocabulary, imageSize, List.copyOf(remarks));
  }

  private static ResNeXt architecture(
      Checkpoint checkpoint, ModelMetadata metadata, @Nullable String model) {
    ResNeXt own = metadata.architecture();
    if (own != null) {
      if (model != null && !ResNeXt.of(model, own.classes()).withStem(own.stem()).equals(own)) {
        throw new CommandFailure(
            checkpoint.file()
                + " is not a "
                + model
                + ", but says its architecture: leave out --model");
      }
      return own;
    }
    if (model != null) {
      return ResNeXt.of(model, classes(checkpoint, model));
    }
    String said = metadata.foreign().get(ModelMetadata.ARCHITECTURE);
    throw new CommandFailure(
        checkpoint.file()
            + " does not say its architecture"
            + (said == null
                ? ""
                : ": its metadata '"
                    + ModelMetadata.ARCHITECTURE
                    + "' is "
                    + shown(said)
                    + ", which this program does not know")
            + ": give --model, as resnext101_32x8d");
  }

  /** Returns the outputs of the last layer, under whatever prefix it is. */
  private static int classes(Checkpoint checkpoint, String model) {
    StateDict state = checkpoint.state();
    String shortest =
        state.keys().stream()
            .filter(key -> key.equals(LAST_LAYER) || key.endsWith("." + LAST_LAYER))
            .filter(key -> state.get(key).rank() == 2 && state.get(key).elements() > 0)
            .min(Comparator.comparingInt(String::length))
            .orElseThrow(
                () ->
                    new CommandFailure(
                        "%s has no '%s' of 2 axes, so it is not a %s; its keys are %s"
                            .formatted(checkpoint.file(), LAST_LAYER, model, some(state))));
    return Math.toIntExact(state.get(shortest).shape()[0]);
  }

  private static String some(StateDict state) {
    List<String> first = state.keys().stream().limit(3).map(ModelFile::shown).toList();
    return first.isEmpty()
        ? "none"
        : String.join(", ", first) + (state.size() > first.size() ? " and so on" : "");
  }

  /** Returns a text of a file as a message shows it: quoted, of bounded length, on one line. */
  private static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return "'" + (line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...") + "'";
  }

  /** Returns the trained network. */
  public Network on(Device device) {
    Network network = architecture.on(device);
    try {
      return network.load(state);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }
}
