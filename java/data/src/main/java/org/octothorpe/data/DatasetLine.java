package org.octothorpe.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleProbe;
import org.octothorpe.io.CorruptFileException;

/**
 * A line of a {@link DatasetRecord}: what of an image decides a training.
 *
 * @param name in its shard or folder
 * @param bytes its size
 * @param labels class ids, separated by commas
 * @param repeat its repeat factor, empty for 1; behind a fraction a colon and the key that it is
 *     drawn by
 * @param probe its {@link SampleProbe}, or empty
 */
record DatasetLine(String name, String bytes, String labels, String repeat, String probe) {
  private static final int FIELDS = 5;

  /** Returns the line of an image. */
  static DatasetLine of(Dataset data, int image, boolean probed) {
    Sample sample = data.sample(image);
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < data.labelCount(image); i++) {
      labels.append(i == 0 ? "" : ",").append(data.label(image, i));
    }
    double repeat = sample.repeat();
    String key = repeat == Math.rint(repeat) ? "" : ":" + Long.toHexString(sample.key());
    return new DatasetLine(
        // As a file gives it back.
        new String(sample.name().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8),
        Integer.toString(sample.bytes()),
        labels.toString(),
        repeat == 1 ? "" : repeat + key,
        probed ? SampleProbe.of(sample) : "");
  }

  /**
   * Reads a line.
   *
   * @param number its number, for messages
   * @throws CorruptFileException if there is none, or it has other fields
   */
  static DatasetLine parse(Path file, long number, @Nullable String text)
      throws CorruptFileException {
    String[] fields = text == null ? new String[0] : text.split("\t", -1);
    if (fields.length != FIELDS) {
      throw new CorruptFileException(
          file,
          text == null
              ? "it ends before line " + number
              : "line " + number + " has " + fields.length + " fields, but must have " + FIELDS);
    }
    return new DatasetLine(unescaped(fields[0]), fields[1], fields[2], fields[3], fields[4]);
  }

  String text() {
    return String.join("\t", escaped(name), bytes, labels, repeat, probe);
  }

  /** Returns a hash of everything but the probe, which not every line has. */
  long hash() {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    String text = String.join("\t", name, bytes, labels, repeat);
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return hash ^ (hash >>> 29);
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private static String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        plain.append(c);
      } else {
        char escaped = text.charAt(++i);
        plain.append(
            switch (escaped) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> escaped;
            });
      }
    }
    return plain.toString();
  }
}
