package org.octothorpe.data.sources;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * The files that a pattern of names stands for: {@code *}, {@code ?} and {@code [a-z]} within a
 * name, {@code **} for any folders below, and the braces of {@link BraceRanges}. What is there
 * under a component as it is written is meant, whatever characters are in its name; names that
 * begin with a dot match no pattern that does not, as in a shell.
 */
final class FileGlob {
  private static final String ANY_FOLDERS = "**";

  private FileGlob() {}

  /** Returns whether a text is a pattern, if there is nothing of that name. */
  static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
  }

  /**
   * Returns the regular files that match, sorted.
   *
   * @throws IllegalArgumentException if it is not a pattern, or a file of a range is missing
   */
  static List<Path> files(Path pattern) throws IOException {
    Path base = pattern.isAbsolute() ? pattern.getRoot() : Path.of("");
    int literal = 0; // components that exist as they are written
    for (Path component : pattern) {
      Path next = base.resolve(component);
      if (!Files.exists(next)) {
        break;
      }
      base = next;
      literal++;
    }
    if (literal == pattern.getNameCount()) {
      return Files.isRegularFile(base) ? List.of(base) : List.of();
    }
    String rest = pattern.subpath(literal, pattern.getNameCount()).toString();
    Set<Path> found = new TreeSet<>();
    List<String> missing = new ArrayList<>();
    List<BraceRanges.Text> texts = BraceRanges.expand(rest);
    for (BraceRanges.Text text : texts) {
      List<Path> matches = matches(base, Path.of(text.text()));
      if (matches.isEmpty() && text.listed()) {
        missing.add(base.resolve(text.text()).toString());
      }
      found.addAll(matches);
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d of the %d files of the range '%s' are missing, the first %s",
              missing.size(),
              texts.size(),
              pattern,
              missing.get(0)));
    }
    return List.copyOf(found);
  }

  // One component after the other, so that only folders that match so far are opened.
  private static List<Path> matches(Path base, Path pattern) throws IOException {
    Set<Path> level = new LinkedHashSet<>(List.of(base));
    for (Path component : pattern) {
      Set<Path> next = new LinkedHashSet<>();
      for (Path folder : level) {
        String name = component.toString();
        if (Files.exists(folder.resolve(component))) {
          next.add(folder.resolve(component));
        } else if (name.equals(ANY_FOLDERS)) {
          addFolders(folder, next);
        } else if (isPattern(name)) {
          addMatches(folder, name, next);
        }
      }
      level = next;
    }
    List<Path> files = new ArrayList<>();
    for (Path path : level) {
      if (Files.isRegularFile(path)) {
        files.add(path);
      } else if (pattern.endsWith(ANY_FOLDERS)) { // all files below, as bash has it
        addMatches(path, "*", files);
      }
    }
    return files.stream().filter(Files::isRegularFile).toList();
  }

  private static void addFolders(Path folder, Set<Path> folders) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> below = Files.walk(folder)) {
      below
          .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .filter(path -> !isHidden(folder.relativize(path)))
          .forEach(folders::add);
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof FileSystemLoopException)) {
        throw e.getCause() == null ? new IOException(e.getMessage(), e) : e.getCause();
      }
    }
    folders.add(folder);
  }

  private static boolean isHidden(Path below) {
    for (Path name : below) {
      if (name.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static void addMatches(Path folder, String glob, Collection<Path> matches)
      throws IOException {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return; // as a shell does
    }
    PathMatcher matcher;
    try {
      // Braces with a meaning are expanded by now; those that are left are characters.
      String escaped = glob.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}");
      matcher = folder.getFileSystem().getPathMatcher("glob:" + escaped);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'" + glob + "' is not a pattern of file names: " + e.getDescription(), e);
    }
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(path -> glob.startsWith(".") || !isHidden(path.getFileName()))
          .filter(path -> matcher.matches(path.getFileName()))
          .filter(path -> !Sources.isIndex(path)) // it belongs to its shard
          .forEach(matches::add);
    }
  }
}
