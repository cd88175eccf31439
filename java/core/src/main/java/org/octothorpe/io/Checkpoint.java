package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * The parameters of a model as a file holds them.
 *
 * @param file the tensor file that was read
 * @param state the tensors by key
 * @param metadata texts beside the tensors; empty for PyTorch files
 */
public record Checkpoint(Path file, StateDict state, Map<String, String> metadata) {
  /** The name of the file with the parameters in a checkpoint folder. */
  public static final String MODEL_FILE = "model.safetensors";

  private static final String LATEST = "latest";

  /**
   * Reads parameters from what a user points at.
   *
   * @param path a {@code .safetensors} file; a PyTorch {@code .pth}, {@code .pt} or {@code .bin}
   *     file; a checkpoint folder, which holds {@code model.safetensors}; or a run folder, whose
   *     {@code latest} is a checkpoint folder
   * @throws CorruptFileException if the file breaks a rule of its format
   * @throws NoSuchFileException if there is no such file, or the folder is neither
   */
  public static Checkpoint read(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return readFolder(path);
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such checkpoint");
    }
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      Safetensors file = Safetensors.read(path);
      return new Checkpoint(path, StateDict.of(path.toString(), file.tensors()), file.metadata());
    }
    if (name.endsWith(".pth") || name.endsWith(".pt") || name.endsWith(".bin")) {
      return new Checkpoint(path, Pth.read(path), Map.of());
    }
    throw new CorruptFileException(
        path, "a checkpoint file must end in .safetensors, .pth, .pt or .bin");
  }

  private static Checkpoint readFolder(Path folder) throws IOException {
    if (Files.exists(folder.resolve(StateFile.NAME))) {
      return read(StateFile.read(folder).verifyNeighbour(MODEL_FILE));
    }
    if (Files.exists(folder.resolve(MODEL_FILE))) {
      return read(folder.resolve(MODEL_FILE));
    }
    if (Files.isDirectory(folder.resolve(LATEST))) {
      return readFolder(folder.resolve(LATEST));
    }
    throw new NoSuchFileException(
        folder.toString(),
        null,
        "no checkpoint: the folder has no " + MODEL_FILE + " and no " + LATEST);
  }
}
