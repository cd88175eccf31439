package org.octothorpe.io;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.octothorpe.internal.AtomicFiles;

/**
 * A training run on disk, locked for this process while it is open.
 *
 * <pre>{@code
 * RUN/config.json
 * RUN/log.csv
 * RUN/checkpoints/images-000000120000/{model.safetensors,optimizer.safetensors,state.json}
 * RUN/latest -> checkpoints/images-000000120000
 * }</pre>
 *
 * <p>{@code latest} is a symbolic link or, where the file system takes none, a file of that text.
 *
 * <p>A checkpoint folder has its name only once it is complete and on the disk, and {@code latest}
 * moves after that: a writer killed at any moment leaves the older checkpoint in place.
 */
public final class RunFolder implements AutoCloseable {
  private final Path folder;
  private final FolderLock lock;
  private final List<String> notes = new ArrayList<>();

  private RunFolder(Path folder, FolderLock lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Opens a run's folder, made if it is not there; clears away what a killed process left half
   * written, and mends a {@code latest} that was lost or became a folder in a copy.
   *
   * @throws FolderInUseException if a process works in it already; the message names it
   */
  public static RunFolder open(Path folder) throws IOException {
    createFolder(folder.resolve(LatestEntry.CHECKPOINTS));
    FolderLock lock = FolderLock.take(folder);
    try {
      RunFolder run = new RunFolder(folder, lock);
      lock.fault().ifPresent(run.notes::add);
      new RunRecovery(folder, run.notes).mend();
      return run;
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  private static void createFolder(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (AccessDeniedException e) {
      throw new IOException("the folder " + folder + " cannot be created: permission denied", e);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          "the folder " + folder + " cannot be created: " + e.getFile() + " is not a folder", e);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "the folder "
              + folder
              + " cannot be created: the file system there takes no new folder "
              + e.getFile(),
          e);
    } catch (FileSystemException e) {
      String reason = e.getReason();
      throw new IOException(
          "the folder " + folder + " cannot be created: " + (reason == null ? e : reason), e);
    }
  }

  /** Returns what a user should know of how the folder was found, a line each. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** Returns the folder. */
  public Path path() {
    return folder;
  }

  /** Returns the path of the log, a CSV file that the trainer appends to. */
  public Path log() {
    return folder.resolve("log.csv");
  }

  /** Returns the path of the run's settings. */
  public Path config() {
    return folder.resolve("config.json");
  }

  /** Writes the run's settings, any value that Jackson can write, to {@code config.json}. */
  public void writeConfig(Object config) throws IOException {
    AtomicFiles.write(config(), StateFile.toJson(config));
  }

  /**
   * Returns the run's settings.
   *
   * @throws CorruptFileException if the file is no JSON
   */
  public JsonNode readConfig() throws IOException {
    return StateFile.readJson(config());
  }

  /** Returns the checkpoint folders, fewest images first. */
  public List<Path> checkpoints() throws IOException {
    return checkpoints(folder);
  }

  static List<Path> checkpoints(Path run) throws IOException {
    try (Stream<Path> entries = Files.list(run.resolve(LatestEntry.CHECKPOINTS))) {
      return entries
          .filter(path -> LatestEntry.CHECKPOINT.matcher(name(path)).matches())
          .sorted(
              Comparator.comparingLong(RunFolder::images).thenComparingLong(RunFolder::generation))
          .toList();
    }
  }

  /** Returns the checkpoint folder that {@code latest} leads to, if there is one. */
  public Optional<Path> latest() throws IOException {
    return LatestEntry.read(folder.resolve(LatestEntry.NAME));
  }

  /**
   * Reads the latest checkpoint, checked against its hashes; empty if the run has none yet.
   *
   * @throws CorruptFileException if it is incomplete or damaged; the message gives the reason and
   *     names the others
   */
  public Optional<TrainingCheckpoint> resume() throws IOException {
    Optional<Path> latest = latest();
    if (latest.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(TrainingCheckpoint.read(latest.get()));
    } catch (CorruptFileException e) {
      String others =
          checkpoints().stream()
              .map(RunFolder::name)
              .filter(name -> !name.equals(name(latest.get())))
              .collect(Collectors.joining(", "));
      throw new CorruptFileException(
          folder,
          "the latest checkpoint is damaged ("
              + e.getMessage()
              + "); "
              + (others.isEmpty()
                  ? "there is no other"
                  : "let 'latest' link to another, or be a file that names it, to continue from it:"
                      + " "
                      + others),
          e);
    }
  }

  /**
   * Writes a checkpoint, moves {@code latest} to it, and deletes older ones.
   *
   * <p>If the same checkpoint is there already, it is kept. Another one of the same number of
   * images makes way for the new one, whose name then ends in {@code -2}. Checkpoints of more
   * images, left by a run that was set back, stay.
   *
   * @param keep how many to keep, this one included; at least 1
   * @return the checkpoint's folder
   * @throws IOException if the disk fails; the older checkpoints and {@code latest} are then as
   *     they were
   */
  public Path save(TrainingCheckpoint checkpoint, int keep) throws IOException {
    if (keep < 1) {
      throw new IllegalArgumentException("keep is " + keep + ", must be >= 1");
    }
    long images = checkpoint.images();
    Path saved = folder.resolve(LatestEntry.CHECKPOINTS).resolve(checkpointName(images, 1));
    Path temporary = AtomicFiles.temporary(saved);
    try {
      Files.createDirectory(temporary);
      checkpoint.write(temporary);
      for (int generation = 2; Files.exists(saved) && !same(saved, temporary); generation++) {
        saved = saved.resolveSibling(checkpointName(images, generation));
      }
      if (Files.exists(saved)) {
        AtomicFiles.deleteTree(temporary);
      } else {
        AtomicFiles.publishFolder(temporary, saved);
      }
    } catch (IOException | RuntimeException | Error e) {
      discard(temporary, e);
      throw e;
    }
    LatestEntry.write(folder.resolve(LatestEntry.NAME), name(saved));
    deleteOld(saved, keep);
    return saved;
  }

  /** Gives the folder back to other processes; a second call does nothing. */
  @Override
  public void close() throws IOException {
    lock.close();
  }

  /**
   * Returns whether a checkpoint on disk is undamaged and has the state and the hashes of another.
   */
  private static boolean same(Path checkpoint, Path other) throws IOException {
    try {
      TrainingCheckpoint.read(checkpoint);
    } catch (CorruptFileException e) {
      return false;
    }
    return Files.mismatch(checkpoint.resolve(StateFile.NAME), other.resolve(StateFile.NAME)) < 0;
  }

  private void deleteOld(Path saved, int keep) throws IOException {
    int kept = 1;
    List<Path> all = checkpoints();
    for (int i = all.size() - 1; i >= 0; i--) {
      Path old = all.get(i);
      if (old.equals(saved) || images(old) > images(saved)) {
        continue;
      }
      if (images(old) == images(saved) || ++kept > keep) {
        delete(old);
      }
    }
  }

  /** Deletes a checkpoint; its name goes first, so that no half of one is left under it. */
  private static void delete(Path checkpoint) throws IOException {
    Path condemned = AtomicFiles.temporary(checkpoint);
    AtomicFiles.rename(checkpoint, condemned);
    AtomicFiles.deleteTree(condemned);
  }

  private static void discard(Path temporary, Throwable failure) {
    try {
      AtomicFiles.deleteTree(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static long images(Path checkpoint) {
    Matcher matcher = LatestEntry.CHECKPOINT.matcher(name(checkpoint));
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  private static long generation(Path checkpoint) {
    Matcher matcher = LatestEntry.CHECKPOINT.matcher(name(checkpoint));
    return matcher.matches() && matcher.group(2) != null ? Long.parseLong(matcher.group(2)) : 1;
  }

  static String checkpointName(long images, int generation) {
    String first = String.format(Locale.ROOT, "images-%012d", images);
    return generation == 1 ? first : first + "-" + generation;
  }

  static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
