package org.octothorpe.io;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * All that a training run needs to continue: a checkpoint folder with {@code model.safetensors},
 * {@code optimizer.safetensors} and {@code state.json}.
 *
 * @param images the images processed so far
 * @param model parameters and running statistics
 * @param metadata texts in the model's file, such as its architecture
 * @param optimizer momentum and what else the optimizer keeps a parameter
 * @param training what the trainer keeps beside tensors: schedule, random state, position in the
 *     data
 */
public record TrainingCheckpoint(
    long images,
    StateDict model,
    Map<String, String> metadata,
    StateDict optimizer,
    JsonNode training) {
  /** The name of the file with the optimizer's tensors. */
  public static final String OPTIMIZER_FILE = "optimizer.safetensors";

  /** Checks the number of images, which must be at least 0. */
  public TrainingCheckpoint {
    if (images < 0) {
      throw new IllegalArgumentException("images is " + images + ", must be >= 0");
    }
  }

  /**
   * Makes a checkpoint whose training state is any value that Jackson can write, such as a record.
   */
  public TrainingCheckpoint(
      long images,
      StateDict model,
      Map<String, String> metadata,
      StateDict optimizer,
      Object training) {
    this(images, model, metadata, optimizer, StateFile.toTree(training));
  }

  /**
   * Reads a checkpoint folder, every file checked against its SHA-256.
   *
   * @throws CorruptFileException if a file is missing, is not what {@code state.json} says, or has
   *     values that are not finite
   */
  public static TrainingCheckpoint read(Path folder) throws IOException {
    StateFile state = StateFile.read(folder);
    Path modelFile = state.verifyNeighbor(Checkpoint.MODEL_FILE);
    Path optimizerFile = state.verifyNeighbor(OPTIMIZER_FILE);
    Safetensors model = Safetensors.read(modelFile);
    Safetensors optimizer = Safetensors.read(optimizerFile);
    requireSound(modelFile, model);
    requireSound(optimizerFile, optimizer);
    return new TrainingCheckpoint(
        state.images(),
        StateDict.of(modelFile.toString(), model.tensors()),
        model.metadata(),
        StateDict.of(optimizerFile.toString(), optimizer.tensors()),
        state.training());
  }

  /**
   * Checks every file of a checkpoint folder against its SHA-256.
   *
   * @throws CorruptFileException if one is missing, or is not what {@code state.json} says
   */
  static void verify(Path folder) throws IOException {
    StateFile state = StateFile.read(folder);
    state.verifyNeighbor(Checkpoint.MODEL_FILE);
    state.verifyNeighbor(OPTIMIZER_FILE);
  }

  private static void requireSound(Path file, Safetensors content) throws IOException {
    String fault = Soundness.fault(content.tensors());
    if (!fault.isEmpty()) {
      throw new CorruptFileException(file, fault);
    }
  }

  /** Writes the files into an empty folder. */
  void write(Path folder) throws IOException {
    StateFile state = StateFile.create(folder, images, training);
    state.writeNeighbor(
        Checkpoint.MODEL_FILE, out -> Safetensors.write(out, model.asMap(), metadata));
    state.writeNeighbor(OPTIMIZER_FILE, out -> Safetensors.write(out, optimizer.asMap(), Map.of()));
    state.write();
  }
}
