package org.octothorpe.data.rows;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.sources.IdScopes;

/** The images that a table names by their files. */
final class TableImages {
  private TableImages() {}

  /**
   * Returns the image that a table names: a URL as it is, a path from the table's folder.
   *
   * @throws MalformedException if it leads outside the folder, or is not a path
   */
  static Location of(Path table, String name) throws MalformedException {
    if (isUrl(name)) {
      return new Location(name, 0, Location.WHOLE_FILE);
    }
    if (name.isEmpty() || leadsOutside(name)) {
      throw new MalformedException(
          "the file name '" + MemberName.of(name) + "' leads outside the folder");
    }
    try {
      return new Location(table.resolveSibling(name).toString(), 0, Location.WHOLE_FILE);
    } catch (InvalidPathException e) {
      throw new MalformedException("the file name '" + MemberName.of(name) + "' is not a path");
    }
  }

  /** Returns whether a path does not stay in the folder that it starts from. */
  static boolean leadsOutside(String name) {
    return name.startsWith("/")
        || name.indexOf('\\') >= 0
        || name.indexOf('\0') >= 0
        || Arrays.asList(name.split("/", -1)).contains("..");
  }

  /** Returns what an image is called that {@link #of} has accepted: its path, or "" of a URL. */
  static String name(String name) {
    return isUrl(name) ? "" : MemberName.of(Path.of(name).normalize().toString());
  }

  /** Returns the id of an image that {@link #of} has accepted and whose row has none. */
  static String id(String scope, String name) {
    boolean alone = isUrl(name) || name.startsWith("/"); // the same image wherever it is named
    return alone ? MemberName.of(name) : IdScopes.id(scope, name(name));
  }

  private static boolean isUrl(String name) {
    return name.contains("://");
  }
}
