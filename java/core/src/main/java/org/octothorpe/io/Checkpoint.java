package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /** Reads the likeliest parameters of a path; see {@link #read(Path, String)}. */
  public static Checkpoint read(Path path) throws IOException {
    return read(path, null);
  }

  /**
   * Reads parameters from what a user points at.
   *
   * @param path a safetensors or PyTorch file, recognized by its content and not by its name; a
   *     checkpoint folder, which holds {@code model.safetensors}; a run folder, of which the latest
   *     checkpoint is read; or its {@code latest}, a link or a file
   * @param name which parameters, where a file holds several: the entry under which they are, such
   *     as {@code model_ema}, or what their keys start with; null for the likeliest
   * @throws CorruptFileException if the file breaks a rule of its format, or is of another
   * @throws NoSuchFileException if there is no such file, or the folder is neither
   */
  public static Checkpoint read(Path path, @Nullable String name) throws IOException {
    if (Files.isDirectory(path)) {
      return readFolder(path, name);
    }
    if (!RunFolder.name(path).contains(".")) { // not a tensor file
      Optional<Path> latest = LatestEntry.read(path);
      if (latest.isPresent()) {
        return readFolder(latest.get(), name);
      }
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such checkpoint");
    }
    return switch (CheckpointFormat.of(path)) {
      case SAFETENSORS -> safetensors(path, name);
      case PYTORCH -> new Checkpoint(path, Pth.read(path, name), Map.of());
    };
  }

  private static Checkpoint safetensors(Path path, @Nullable String name) throws IOException {
    Safetensors file = Safetensors.read(path);
    StateDict state = StateDict.of(path.toString(), file.tensors());
    if (name != null) {
      state = state.under(WeightsChoice.prefix(name));
      if (state.size() == 0) {
        throw new CorruptFileException(
            path, "it has no weights '%s': no key starts with that".formatted(name));
      }
    }
    return new Checkpoint(path, state, file.metadata());
  }

  private static Checkpoint readFolder(Path folder, @Nullable String name) throws IOException {
    if (Files.exists(folder.resolve(StateFile.NAME))) {
      return read(StateFile.read(folder).verifyNeighbor(MODEL_FILE), name);
    }
    if (Files.exists(folder.resolve(MODEL_FILE))) {
      return read(folder.resolve(MODEL_FILE), name);
    }
    Path entry = folder.resolve(LatestEntry.NAME);
    Optional<Path> latest = LatestEntry.read(entry);
    if (latest.isPresent()) {
      return readFolder(latest.get(), name);
    }
    if (Files.isDirectory(entry)) { // of a copy in which links were followed
      return readFolder(entry, name);
    }
    if (Files.isDirectory(folder.resolve(LatestEntry.CHECKPOINTS))) { // it was lost
      List<Path> all = RunFolder.checkpoints(folder);
      if (!all.isEmpty()) {
        return readFolder(all.get(all.size() - 1), name);
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
