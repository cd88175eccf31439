package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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

  /**
   * Reads parameters from what a user points at.
   *
   * @param path a {@code .safetensors} file; a PyTorch {@code .pth}, {@code .pt} or {@code .bin}
   *     file; a checkpoint folder, which holds {@code model.safetensors}; a run folder, of which
   *     the latest checkpoint is read; or its {@code latest}, a link or a file
   * @throws CorruptFileException if the file breaks a rule of its format
   * @throws NoSuchFileException if there is no such file, or the folder is neither
   */
  public static Checkpoint read(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return readFolder(path);
    }
    if (!RunFolder.name(path).contains(".")) { // not a tensor file
      Optional<Path> latest = LatestEntry.read(path);
      if (latest.isPresent()) {
        return readFolder(latest.get());
      }
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
    Path entry = folder.resolve(LatestEntry.NAME);
    Optional<Path> latest = LatestEntry.read(entry);
    if (latest.isPresent()) {
      return readFolder(latest.get());
    }
    if (Files.isDirectory(entry)) { // of a copy in which links were followed
      return readFolder(entry);
    }
    if (Files.isDirectory(folder.resolve(LatestEntry.CHECKPOINTS))) { // it was lost
      List<Path> all = RunFolder.checkpoints(folder);
      if (!all.isEmpty()) {
        return readFolder(all.get(all.size() - 1));
      }
    }
    throw new NoSuchFileException(
        folder.toString(),
        null,
        "no checkpoint: the folder has no "
            + MODEL_FILE
            + ", no "
            + LatestEntry.NAME
            + " and nothing in "
            + LatestEntry.CHECKPOINTS);
  }
}
