package org.octothorpe.cli.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.io.Checkpoint;
import org.octothorpe.io.JsonFault;
import org.octothorpe.io.StateDict;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;

/**
 * A trained network as a file holds it, with what the file says of itself.
 *
 * @param architecture the network
 * @param state its parameters
 * @param vocabulary the tags of its outputs; empty if the file does not say
 * @param imageSize rows and columns of the images that it was trained on
 */
public record ModelFile(
    ResNeXt architecture, StateDict state, List<String> vocabulary, int imageSize) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DEFAULT_IMAGE_SIZE = 224;

  /**
   * Reads a run folder, a checkpoint folder or a file.
   *
   * @param model the architecture's name, for files that do not say theirs
   * @param imageSize in place of the one that the file says; 0 for that
   */
  public static ModelFile read(Path path, @Nullable String model, int imageSize)
      throws IOException {
    Checkpoint checkpoint = Checkpoint.read(path);
    Map<String, String> metadata = checkpoint.metadata();
    ResNeXt architecture = architecture(checkpoint, model);
    int trainedAt = Integer.parseInt(metadata.getOrDefault("image_size", "" + DEFAULT_IMAGE_SIZE));
    return new ModelFile(
        architecture,
        checkpoint.state(),
        parse(checkpoint, "vocabulary", "[]", new TypeReference<List<String>>() {}),
        imageSize > 0 ? imageSize : trainedAt);
  }

  private static ResNeXt architecture(Checkpoint checkpoint, @Nullable String model)
      throws IOException {
    if (checkpoint.metadata().containsKey("architecture")) {
      ResNeXt own = parse(checkpoint, "architecture", "", new TypeReference<ResNeXt>() {});
      if (model != null && !ResNeXt.of(model, own.classes()).withStem(own.stem()).equals(own)) {
        throw new CommandFailure(
            checkpoint.file()
                + " is no "
                + model
                + ", but says its architecture: leave out --model");
      }
      return own;
    }
    if (model != null) {
      if (!checkpoint.state().contains("fc.weight")) {
        throw new CommandFailure(checkpoint.file() + " has no 'fc.weight', so is no " + model);
      }
      long classes = checkpoint.state().get("fc.weight").shape()[0];
      return ResNeXt.of(model, Math.toIntExact(classes));
    }
    throw new CommandFailure(
        checkpoint.file() + " does not say its architecture: give --model, as resnext101_32x8d");
  }

  private static <T> T parse(
      Checkpoint checkpoint, String key, String otherwise, TypeReference<T> type) {
    String text = checkpoint.metadata().getOrDefault(key, otherwise);
    try {
      return JSON.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new CommandFailure(
          checkpoint.file() + ": its " + key + " cannot be read: " + JsonFault.reason(e), e);
    }
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
