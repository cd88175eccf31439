package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.octothorpe.internal.AtomicFiles;

/**
 * What is mended in a run's folder when it is opened: leftovers of a killed process, and an entry
 * {@code latest} that was lost, leads nowhere, or became a folder because the run was copied with
 * links followed.
 */
final class RunRecovery {
  private static final Set<String> FILES =
      Set.of(Checkpoint.MODEL_FILE, TrainingCheckpoint.OPTIMIZER_FILE, StateFile.NAME);

  private final Path run;
  private final Path entry;
  private final List<String> notes;

  /**
   * Describes a recovery.
   *
   * @param notes receives a line for each thing that was mended
   */
  RunRecovery(Path run, List<String> notes) {
    this.run = run;
    this.entry = run.resolve(LatestEntry.NAME);
    this.notes = notes;
  }

  void mend() throws IOException {
    AtomicFiles.deleteLeftovers(run);
    AtomicFiles.deleteLeftovers(run.resolve(LatestEntry.CHECKPOINTS));
    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
      mendFolder();
    } else if (LatestEntry.read(entry).isEmpty()) {
      mendNothing();
    }
  }

  /** The entry is missing, or leads to no checkpoint. */
  private void mendNothing() throws IOException {
    Optional<Path> newest = newestWhole();
    if (newest.isEmpty()) {
      return; // the run may have none, or have lost them: whoever resumes it decides
    }
    if (Files.isSymbolicLink(entry)) {
      notes.add(
          entry
              + " led to "
              + Files.readSymbolicLink(entry)
              + ", which is not there"
              + goesOn(newest));
    } else if (Files.exists(entry)) {
      Path kept = LatestEntry.setAside(entry);
      notes.add(entry + " named no checkpoint; it is kept as " + kept + goesOn(newest));
    }
    LatestEntry.write(entry, RunFolder.name(newest.get()));
  }

  /** The entry is a folder: a copy of a checkpoint, as a rule of one that is there too. */
  private void mendFolder() throws IOException {
    Optional<String> fault = fault(entry);
    if (fault.isPresent()) {
      Optional<Path> newest = newestWhole();
      if (newest.isPresent()) {
        Path kept = LatestEntry.setAside(entry);
        notes.add(
            entry
                + " was a folder, but not a whole checkpoint ("
                + fault.get()
                + "); it is kept as "
                + kept
                + goesOn(newest));
        LatestEntry.write(entry, RunFolder.name(newest.get()));
      }
      return;
    }
    Optional<Path> twin = twin();
    if (twin.isEmpty()) {
      Path adopted = freeName(StateFile.read(entry).images());
      AtomicFiles.rename(entry, adopted);
      notes.add(entry + " was a folder, a checkpoint of its own: it is now " + adopted);
      LatestEntry.write(entry, RunFolder.name(adopted));
      return;
    }
    Path old = AtomicFiles.temporary(entry);
    if (entries(entry).equals(FILES)) {
      AtomicFiles.rename(entry, old);
      notes.add(entry + " was a folder, a copy of " + twin.get() + "; it leads there again");
    } else {
      Path kept = LatestEntry.setAside(entry);
      notes.add(
          entry + " was a folder with files of its own; it is kept as " + kept + goesOn(twin));
    }
    LatestEntry.write(entry, RunFolder.name(twin.get()));
    AtomicFiles.deleteTree(old);
  }

  private static String goesOn(Optional<Path> checkpoint) {
    return checkpoint.map(path -> "; the run goes on from " + path).orElse("");
  }

  /** Returns the whole checkpoint that the folder {@code latest} is a copy of. */
  private Optional<Path> twin() throws IOException {
    for (Path checkpoint : RunFolder.checkpoints(run)) {
      Path state = checkpoint.resolve(StateFile.NAME);
      if (Files.isRegularFile(state)
          && Files.mismatch(state, entry.resolve(StateFile.NAME)) < 0
          && fault(checkpoint).isEmpty()) {
        return Optional.of(checkpoint);
      }
    }
    return Optional.empty();
  }

  /** Returns the newest checkpoint without a fault or, if all have one, the newest. */
  private Optional<Path> newestWhole() throws IOException {
    List<Path> all = RunFolder.checkpoints(run);
    for (int i = all.size() - 1; i >= 0; i--) {
      Optional<String> fault = fault(all.get(i));
      if (fault.isEmpty()) {
        return Optional.of(all.get(i));
      }
      notes.add("the checkpoint " + all.get(i) + " is damaged: " + fault.get());
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  private static Optional<String> fault(Path checkpoint) throws IOException {
    try {
      TrainingCheckpoint.verify(checkpoint);
      return Optional.empty();
    } catch (CorruptFileException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Path freeName(long images) {
    Path checkpoints = run.resolve(LatestEntry.CHECKPOINTS);
    Path free = checkpoints.resolve(RunFolder.checkpointName(images, 1));
    for (int generation = 2; Files.exists(free, LinkOption.NOFOLLOW_LINKS); generation++) {
      free = checkpoints.resolve(RunFolder.checkpointName(images, generation));
    }
    return free;
  }

  private static Set<String> entries(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(RunFolder::name).collect(Collectors.toCollection(HashSet::new));
    }
  }
}
