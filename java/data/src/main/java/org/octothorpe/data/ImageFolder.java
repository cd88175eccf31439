package org.octothorpe.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A folder of JPEG files with one list of their tags: {@code labels.csv} (a header line; columns
 * {@code file} and {@code tags} or {@code objects}, whose values are separated by ';') or {@code
 * tags.jsonl} (a line {@code {"file": "a.jpg", "tags": [...]}} each).
 */
final class ImageFolder {
  static final String CSV = "labels.csv";
  static final String JSON_LINES = "tags.jsonl";
  private static final long MAX_IMAGE_BYTES = 1 << 28;

  private final Path list;
  private final Consumer<Sample> samples;
  private final BadSamples bad;
  private final Set<String> seen = new HashSet<>();

  private ImageFolder(Path list, Consumer<Sample> samples, BadSamples bad) {
    this.list = list;
    this.samples = samples;
    this.bad = bad;
  }

  /** Returns the folder's list of tags, or null if it has none. */
  static @Nullable Path list(Path folder) {
    for (String name : List.of(JSON_LINES, CSV)) {
      Path list = folder.resolve(name);
      if (Files.isRegularFile(list)) {
        return list;
      }
    }
    return null;
  }

  /**
   * Indexes a folder: passes its good samples on, in the order of the list, and counts the bad
   * ones.
   */
  static void index(Path list, Consumer<Sample> samples, BadSamples bad) throws IOException {
    ImageFolder folder = new ImageFolder(list.toAbsolutePath(), samples, bad);
    try (BufferedReader reader = Files.newBufferedReader(list)) {
      if (list.endsWith(CSV)) {
        folder.readCsv(reader);
      } else {
        folder.readJsonLines(reader);
      }
    } catch (MalformedInputException e) {
      throw new IllegalArgumentException(list + ": it is no UTF-8 text", e);
    }
  }

  private void readCsv(BufferedReader reader) throws IOException {
    String header = reader.readLine();
    List<String> names =
        header == null
            ? List.of()
            : Csv.fields(header.replace("\uFEFF", "").toLowerCase(Locale.ROOT));
    int file = names.indexOf("file");
    int tags = names.contains("tags") ? names.indexOf("tags") : names.indexOf("objects");
    if (file < 0 || tags < 0) {
      throw new IllegalArgumentException(
          list
              + ": its first line must name the columns file and tags (or objects), but is '"
              + header
              + "'");
    }
    int number = 1;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String where = list + ": line " + number;
      try {
        List<String> fields = Csv.fields(line);
        if (fields.size() != names.size()) {
          bad.add(where, "it has " + fields.size() + " fields, but the header has " + names.size());
        } else {
          add(where, fields.get(file), Hashtags.foldAll(List.of(fields.get(tags).split(";", -1))));
        }
      } catch (IllegalArgumentException e) {
        bad.add(where, String.valueOf(e.getMessage()));
      }
    }
  }

  private void readJsonLines(BufferedReader reader) throws IOException {
    int number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String where = list + ": line " + number;
      try {
        JsonNode object = TagFile.object(line.getBytes(StandardCharsets.UTF_8));
        JsonNode file = object.get("file");
        if (file == null || !file.isTextual()) {
          bad.add(where, "it has no string \"file\"");
        } else {
          add(where, file.textValue(), TagFile.tags(object));
        }
      } catch (TagFile.Malformed e) {
        bad.add(where, String.valueOf(e.getMessage()));
      }
    }
  }

  private void add(String where, String name, List<String> tags) throws IOException {
    if (name.isEmpty() || TarIndex.leadsOutside(name)) {
      bad.add(where, "the file name '" + name + "' leads outside the folder");
      return;
    }
    Path image;
    try {
      image = list.resolveSibling(name);
    } catch (InvalidPathException e) {
      bad.add(where, "the file name '" + name + "' is no path");
      return;
    }
    if (!seen.add(name)) {
      bad.add(where, "the file " + name + " occurs twice");
    } else if (!Files.isRegularFile(image)) {
      bad.add(where, "there is no file " + image);
    } else if (Files.size(image) > MAX_IMAGE_BYTES) {
      bad.add(
          where,
          image + " has " + Files.size(image) + " bytes; at most " + MAX_IMAGE_BYTES + " are read");
    } else {
      samples.accept(new Sample(image, name, 0, (int) Files.size(image), tags, Sample.NO_CLASS));
    }
  }
}
