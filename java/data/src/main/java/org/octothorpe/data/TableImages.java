package org.octothorpe.data;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The images that a table names by their files. */
final class TableImages {
  private TableImages() {}

  /**
   * Returns the image that a table names: a URL as it is, a path from the table's folder.
   *
   * @throws TagFile.Malformed if it leads outside the folder, or is no path
   */
  static StoredImage of(Path table, String name) throws TagFile.Malformed {
    if (name.contains("://")) {
      return new StoredImage(name, 0, StoredImage.WHOLE_FILE);
    }
    if (name.isEmpty() || TarIndex.leadsOutside(name)) {
      throw new TagFile.Malformed("the file name '" + name + "' leads outside the folder");
    }
    try {
      return new StoredImage(table.resolveSibling(name).toString(), 0, StoredImage.WHOLE_FILE);
    } catch (InvalidPathException e) {
      throw new TagFile.Malformed("the file name '" + name + "' is no path");
    }
  }

  /** Returns what an image is called that {@link #of} has accepted: its path, or "" of a URL. */
  static String name(String name) {
    return name.contains("://") ? "" : Path.of(name).normalize().toString();
  }
}
