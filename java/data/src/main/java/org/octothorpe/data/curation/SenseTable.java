package org.octothorpe.data.curation;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.senses.SynsetList;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.internal.AtomicFiles;

/** What was chosen for the tags of several meanings: {@code senses.csv}, and its sums. */
final class SenseTable {
  static final String FILE = "senses.csv";

  private static final String HEADER =
      "tag,images,frequent,chosen,changed,score,rival,neighbors,meaning";

  private final List<SenseChoice> choices;

  SenseTable(TagEvidence.Conclusion conclusion) {
    choices = conclusion.senses();
  }

  /** Writes the table, if there is anything in it. */
  void write(Path folder) throws IOException {
    if (choices.isEmpty()) {
      return;
    }
    AtomicFiles.write(
        folder.resolve(FILE),
        out -> {
          Writer writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          writer.write(HEADER + "\n");
          for (SenseChoice choice : choices) {
            writer.write(row(choice));
          }
          writer.flush();
        });
  }

  private static String row(SenseChoice choice) {
    return String.format(
        Locale.ROOT,
        "%s,%d,%s,%s,%s,%.4f,%.4f,%s,%s\n",
        TagTable.quoted(choice.tag()),
        choice.images(),
        choice.frequent(),
        choice.chosen(),
        choice.changed() ? "yes" : "no",
        choice.score(),
        choice.rivalScore(),
        String.join(" ", choice.neighbors()),
        TagTable.quoted(choice.meaning()));
  }

  /** Returns the sums, and the changes on most images. */
  CurationReport.Senses report() {
    List<SenseChoice> changed = choices.stream().filter(SenseChoice::changed).toList();
    return new CurationReport.Senses(
        choices.size(),
        changed.size(),
        changed.stream()
            .sorted(
                Comparator.comparingLong(SenseChoice::images)
                    .reversed()
                    .thenComparing(SenseChoice::tag, Hashtags.BY_CODE_POINT))
            .limit(CurationReport.LISTED_SENSES)
            .toList());
  }

  /** Returns what the table in the folder of a set says of a folded tag; null if nothing. */
  static @Nullable SenseChoice find(Path set, String tag) throws IOException {
    Path file = set.resolve(FILE);
    String start = TagTable.quoted(tag) + ",";
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      if (!HEADER.equals(lines.readLine())) {
        throw new IOException(file + ":1: must be '" + HEADER + "'");
      }
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(start)) {
          return parse(file, tag, line.substring(start.length()));
        }
      }
    } catch (NoSuchFileException e) {
      if (Files.notExists(set)) {
        throw new IOException("there is no set " + set, e);
      }
      throw new IOException(
          file
              + " does not exist: the set was made with --senses frequency, or of tags as they are",
          e);
    }
    return null;
  }

  private static SenseChoice parse(Path file, String tag, String rest) throws IOException {
    String[] fields = rest.split(",", 8);
    try {
      return new SenseChoice(
          tag,
          Long.parseLong(fields[0]),
          SynsetList.require(fields[1]),
          SynsetList.require(fields[2]),
          fields[7],
          Double.parseDouble(fields[4]),
          Double.parseDouble(fields[5]),
          fields[6].isEmpty() ? List.of() : List.of(fields[6].split(" ", -1)));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw new IOException(file + ": the line of '" + tag + "' is not one of this table", e);
    }
  }
}
