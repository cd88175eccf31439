package org.octothorpe.io;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files that users name in options; a complaint names option, path and rule. */
public final class TextInput {
  private TextInput() {}

  /**
   * Returns all lines of a text in UTF-8.
   *
   * @param option what the file is given for
   * @throws IllegalArgumentException if it is a folder or no such text
   */
  public static List<String> lines(String option, Path file) throws IOException {
    try {
      return Files.readAllLines(requireFile(option, file), StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          option + ": " + file + " is no text in UTF-8, but must be", e);
    }
  }

  /**
   * Returns the path if it is no folder.
   *
   * @param option what the file is given for
   * @throws IllegalArgumentException if it is one
   */
  public static Path requireFile(String option, Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + ": " + file + " is a folder, but must be a file");
    }
    return file;
  }
}
