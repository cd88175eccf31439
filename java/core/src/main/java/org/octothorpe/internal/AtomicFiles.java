package org.octothorpe.internal;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Files, folders and links that are replaced whole or not at all, whatever fails in between: an
 * exception, a full disk, kill -9, power.
 *
 * <p>The new content goes to a hidden neighbor, reaches the disk (fsync), takes its place by
 * rename, and the rename reaches the disk too. A killed writer leaves a neighbor named {@code
 * .NAME.PID-N.tmp}.
 */
public final class AtomicFiles {
  private static final String TEMPORARY = ".tmp";
  private static final Set<String> DISK_FAULTS =
      Set.of("Input/output error", "No space left on device", "Disk quota exceeded");
  private static final AtomicLong COUNTER = new AtomicLong();

  private AtomicFiles() {}

  /** Something that can write itself to a stream. */
  @FunctionalInterface
  public interface Content {
    /** Writes all bytes; the stream is closed by who opened it. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file; an older one of the same name stays as it is until the new one is complete on
   * the disk.
   *
   * @throws IOException if the content or the disk fails; the older file is then untouched
   */
  public static void write(Path target, Content content) throws IOException {
    if (Files.isDirectory(target)) {
      throw new IOException("cannot write " + target + ": it is a folder");
    }
    replace(target, content);
  }

  /** As {@link #write(Path, Content)}, but takes the place of a link to a folder too. */
  public static void replace(Path target, Content content) throws IOException {
    Path temporary = temporary(target);
    try {
      writeAndSync(temporary, target, content);
      rename(temporary, target);
    } catch (IOException | RuntimeException | Error e) {
      discard(temporary, e);
      throw e;
    }
  }

  /** Writes a text file in UTF-8; see {@link #write(Path, Content)}. */
  public static void write(Path target, String text) throws IOException {
    write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns a name for a hidden neighbor of {@code target} that nobody uses, on the same disk. */
  public static Path temporary(Path target) {
    long unique = COUNTER.getAndIncrement();
    long process = ProcessHandle.current().pid();
    return target.resolveSibling("." + name(target) + "." + process + "-" + unique + TEMPORARY);
  }

  /**
   * Makes a finished temporary folder appear under its name; all files in it reach the disk first.
   *
   * @param temporary a folder on the same disk as {@code target}
   * @param target the name, at which nothing may exist
   */
  public static void publishFolder(Path temporary, Path target) throws IOException {
    try (Stream<Path> walk = Files.walk(temporary)) {
      // Deepest first: a folder's entries are on the disk before the folder that names them.
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        if (Files.isDirectory(path)) {
          syncFolder(path);
        } else {
          sync(path);
        }
      }
    }
    rename(temporary, target);
  }

  /**
   * Makes or replaces a symbolic link; whoever follows it finds the old or the new target.
   *
   * @param target where it points, relative to the link's folder
   */
  public static void link(Path link, Path target) throws IOException {
    Path temporary = temporary(link);
    try {
      Files.createSymbolicLink(temporary, target);
      rename(temporary, link);
    } catch (IOException | RuntimeException | Error e) {
      discard(temporary, e);
      throw e;
    }
  }

  /** Deletes a file, or a folder with all in it, if it exists; links are not followed. */
  public static void deleteTree(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(path)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : paths) {
      Files.delete(each);
    }
  }

  /** Deletes the temporary neighbors that killed writers left in a folder. */
  public static void deleteLeftovers(Path folder) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> entries = Files.list(folder)) {
      leftovers = entries.filter(path -> isTemporary(name(path))).toList();
    }
    for (Path leftover : leftovers) {
      deleteTree(leftover);
    }
  }

  /** Writes a new file that is on the disk when this returns. */
  public static void writeAndSync(Path file, Content content) throws IOException {
    writeAndSync(file, file, content);
  }

  /** Writes a new file; a failure names {@code meant}, the file that it is to become. */
  private static void writeAndSync(Path file, Path meant, Content content) throws IOException {
    // A FileOutputStream, not a channel: an interrupt (Ctrl-C while a checkpoint is written) must
    // not close it.
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      content.writeTo(out);
      out.getFD().sync();
    } catch (IOException e) {
      throw named(file, meant, e);
    }
  }

  /** Returns the failure to write a file with what the system leaves out: which, and how much. */
  private static IOException named(Path file, Path meant, IOException failure) {
    if (failure instanceof FileSystemException) {
      return failure; // names its file
    }
    if (!Files.isDirectory(parent(meant))) {
      return new IOException(
          "cannot write " + meant + ": there is no folder " + parent(meant), failure);
    }
    String message =
        "cannot write "
            + meant
            + ": "
            + failure.getMessage()
            + " after "
            + file.toFile().length()
            + " bytes; its disk has "
            + parent(meant).toFile().getUsableSpace()
            + " bytes free";
    return new IOException(message, failure);
  }

  /**
   * Renames over an existing file or to a free name; the rename is on the disk when this returns.
   */
  public static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (Files.isDirectory(to) || !Files.exists(to) || !Files.exists(from)) {
        throw e;
      }
      renameInSteps(from, to, e);
    }
    syncFolder(parent(to));
  }

  /** Some file systems rename to free names only: the old file makes way first. */
  private static void renameInSteps(Path from, Path to, FileSystemException refused)
      throws IOException {
    Path old = temporary(to);
    try {
      Files.move(to, old, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      throw refused;
    }
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      Files.move(old, to, StandardCopyOption.ATOMIC_MOVE);
      throw refused;
    }
    Files.delete(old);
  }

  /**
   * Brings a folder's entries to the disk, where its file system can: some network and FUSE file
   * systems refuse to do it for folders, and keep what they keep.
   */
  private static void syncFolder(Path folder) throws IOException {
    try {
      sync(folder);
    } catch (IOException e) {
      if (DISK_FAULTS.contains(String.valueOf(e.getMessage()))) {
        throw new IOException("cannot write the folder " + folder + ": " + e.getMessage(), e);
      }
    }
  }

  private static boolean isTemporary(String name) {
    return name.startsWith(".") && name.endsWith(TEMPORARY);
  }

  private static void sync(Path path) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
          channel.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted = true;
          Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void discard(Path temporary, Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static Path parent(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(path + " has no folder around it");
    }
    return parent;
  }

  private static String name(Path path) {
    Path name = path.getFileName();
    if (name == null) {
      throw new IllegalArgumentException(path + " has no file name");
    }
    return name.toString();
  }
}
