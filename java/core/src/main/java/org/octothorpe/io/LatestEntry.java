package org.octothorpe.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.octothorpe.internal.AtomicFiles;

/**
 * The entry {@code latest} of a run's folder, which says from which checkpoint the run goes on.
 *
 * <p>It is a symbolic link to {@code checkpoints/images-000000120000} or, on file systems that take
 * no links, a file of this text. What counts is the last part of where it leads, so that a run that
 * was moved, or whose links another system wrote as files, is read as well.
 */
final class LatestEntry {
  static final String NAME = "latest";
  static final String CHECKPOINTS = "checkpoints";

  /** A checkpoint's name: its images, and its generation if it is not the first. */
  static final Pattern CHECKPOINT = Pattern.compile("images-([0-9]{12,18})(?:-([0-9]{1,9}))?");

  private static final Pattern IN_TEXT =
      Pattern.compile("(?<![A-Za-z0-9_-])" + CHECKPOINT.pattern() + "(?![0-9-])");

  /** No text that names a checkpoint is longer, in bytes. */
  private static final int LONGEST = 4096;

  private LatestEntry() {}

  /** Returns the checkpoint's folder, if the entry leads to one that is there. */
  static Optional<Path> read(Path entry) throws IOException {
    if (Files.isSymbolicLink(entry)) {
      Path target = Files.readSymbolicLink(entry);
      Path followed = entry.resolveSibling(target);
      return Files.isDirectory(followed)
          ? Optional.of(followed)
          : besides(entry, target.toString());
    }
    if (Files.isRegularFile(entry) && Files.size(entry) <= LONGEST) {
      // Links that Cygwin wrote as files are UTF-16: without zeros they are as readable as the
      // rest.
      String text = Files.readString(entry, StandardCharsets.ISO_8859_1).replace("\0", "");
      return besides(entry, text);
    }
    return Optional.empty();
  }

  private static Optional<Path> besides(Path entry, String text) {
    Optional<Path> found = Optional.empty();
    Matcher names = IN_TEXT.matcher(text);
    while (names.find()) {
      Path folder = entry.resolveSibling(CHECKPOINTS).resolve(names.group());
      found = Files.isDirectory(folder) ? Optional.of(folder) : Optional.empty();
    }
    return found;
  }

  /** Lets the entry lead to a checkpoint of the run; a folder in its place is kept beside it. */
  static void write(Path entry, String name) throws IOException {
    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
      setAside(entry);
    }
    Path target = Path.of(CHECKPOINTS, name);
    try {
      AtomicFiles.link(entry, target);
      if (Files.isDirectory(entry)) {
        return;
      }
    } catch (IOException | UnsupportedOperationException e) {
      writeFile(entry, target, e);
      return;
    }
    writeFile(entry, target, null); // a link was made, but cannot be followed
  }

  private static void writeFile(Path entry, Path target, @Nullable Exception noLink)
      throws IOException {
    byte[] text = (target + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFiles.replace(entry, out -> out.write(text));
    } catch (IOException e) {
      if (noLink != null) {
        e.addSuppressed(noLink);
      }
      throw e;
    }
  }

  /** Renames what is in the place of the entry to a free name beside it, which it returns. */
  static Path setAside(Path entry) throws IOException {
    Path kept = entry.resolveSibling(NAME + "-kept");
    for (int i = 2; Files.exists(kept, LinkOption.NOFOLLOW_LINKS); i++) {
      kept = entry.resolveSibling(NAME + "-kept-" + i);
    }
    AtomicFiles.rename(entry, kept);
    return kept;
  }
}
