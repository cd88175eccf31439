package org.octothorpe.data.curation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.files.InputFile;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.FolderLock;

/**
 * A set in the making: a folder NAME.partial beside the one that it becomes, so that a part of a
 * set is never taken for the whole. What a killed run leaves in it can be gone on with, by one
 * process at a time.
 */
final class WorkFolder implements AutoCloseable {
  static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private static final String PLAN = "plan.json";
  private static final String SPILL = "spill";

  private record Plan(CurationSettings settings, List<InputFile> input) {}

  private final Path target;
  private final Path folder;
  private final FolderLock lock;

  private WorkFolder(Path target, Path folder, FolderLock lock) {
    this.target = target;
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Opens the work folder of a set.
   *
   * @param resume whether to continue what a killed run left; without it, there may be nothing
   * @throws org.octothorpe.io.FolderInUseException if somebody works in it
   * @throws IOException if the set exists already, or an unfinished part of it without {@code
   *     resume}
   */
  static WorkFolder open(Path out, boolean resume) throws IOException {
    Path target = out.toAbsolutePath().normalize();
    Path folder = target.resolveSibling(target.getFileName() + ".partial");
    requireFree(out, target);
    boolean unfinished = Files.exists(folder);
    Files.createDirectories(folder);
    WorkFolder work = new WorkFolder(target, folder, FolderLock.take(folder));
    try {
      requireFree(out, target); // another process may have finished it
      if (!resume && unfinished) {
        throw new IOException(
            folder
                + " holds an unfinished set; --resume continues it, rm -r "
                + folder
                + " allows a fresh start");
      }
      work.clear();
      return work;
    } catch (IOException | RuntimeException | Error e) {
      work.close();
      throw e;
    }
  }

  private static void requireFree(Path out, Path target) throws IOException {
    if (Files.exists(target)) {
      throw new IOException(out + " exists; give another folder to the set, or move it away");
    }
  }

  /** Deletes what a killed run left half written. */
  private void clear() throws IOException {
    try (DirectoryStream<Path> halfWritten = Files.newDirectoryStream(folder, ".*.tmp")) {
      for (Path file : halfWritten) { // named by AtomicFiles
        Files.delete(file);
      }
    }
    AtomicFiles.deleteTree(spill());
    Files.createDirectories(spill());
  }

  /**
   * Takes note of what the set is made of.
   *
   * @throws IOException if a part of it was made of something else; the message names the
   *     difference
   */
  void claim(CurationSettings settings, List<InputFile> input) throws IOException {
    Path file = folder.resolve(PLAN);
    JsonNode plan = JSON.valueToTree(new Plan(settings, input));
    if (!Files.exists(file)) {
      write(PLAN, plan);
      return;
    }
    JsonNode before = JSON.readTree(file.toFile());
    for (String part : List.of("settings", "input")) {
      // By their text: a number may come back as another type.
      if (!before
          .path(part)
          .toString()
          .equals(JSON.readTree(plan.path(part).toString()).toString())) {
        throw new IOException(
            folder
                + " was begun with other "
                + (part.equals("input") ? "input files" : "settings")
                + difference(before.path(part), plan.path(part))
                + "; delete it, or continue with the same");
      }
    }
  }

  private static String difference(JsonNode before, JsonNode now) {
    StringBuilder text = new StringBuilder();
    now.fieldNames()
        .forEachRemaining(
            name -> {
              if (!before.path(name).toString().equals(now.path(name).toString())) {
                text.append(
                    String.format(
                        Locale.ROOT,
                        ", %s: %s then, %s now",
                        name,
                        before.path(name),
                        now.path(name)));
              }
            });
    return text.toString();
  }

  /** Writes a file of JSON. */
  void write(String name, Object value) throws IOException {
    AtomicFiles.write(folder.resolve(name), JSON.writeValueAsString(value) + "\n");
  }

  /** Returns why nothing keeps a second process out, if its file system has no locks. */
  Optional<String> lockFault() {
    return lock.fault();
  }

  Path path() {
    return folder;
  }

  /** Returns the folder of what is only needed meanwhile. */
  Path spill() {
    return folder.resolve(SPILL);
  }

  /** Deletes it if it holds no file of the set yet, so that it does not block another run. */
  void discard() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, OutputFormat.FILES)) {
      if (files.iterator().hasNext()) {
        return;
      }
    }
    AtomicFiles.deleteTree(folder);
  }

  /** Gives the finished set its name; it stays locked until it has it. */
  void publish() throws IOException {
    AtomicFiles.deleteTree(spill());
    Files.deleteIfExists(folder.resolve(PLAN));
    AtomicFiles.publishFolder(folder, target);
    lock.close();
    Files.delete(target.resolve(FolderLock.FILE));
  }

  /** Gives the folder back to other processes; a second call does nothing. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
