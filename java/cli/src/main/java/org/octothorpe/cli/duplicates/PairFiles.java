package org.octothorpe.cli.duplicates;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.report.PairSheet;
import org.octothorpe.data.Samples;
import org.octothorpe.data.duplicates.Pair;
import org.octothorpe.data.duplicates.PairSource;
import org.octothorpe.data.images.DrawnImage;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleName;
import org.octothorpe.internal.AtomicFiles;

/**
 * The pairs that a search found, as a table and as a picture.
 *
 * @param queries the images that duplicates were searched for
 * @param matches the images that were searched in
 * @param pairs all that were kept, those below the threshold too
 * @param threshold score from which on a pair counts
 */
record PairFiles(Samples queries, Samples matches, List<Pair> pairs, double threshold) {
  private static final int ACCEPTED = 36;
  private static final int REFUSED = 12;

  /** Returns the pairs that count. */
  List<Pair> accepted() {
    return pairs.stream().filter(pair -> pair.score() >= threshold).toList();
  }

  /**
   * Writes the pairs that count, one per line.
   *
   * @param query what the columns call the images that duplicates were searched for
   * @param match what they call those that were found
   */
  void writeTable(Path file, String query, String match) throws IOException {
    String header =
        String.format(
            Locale.ROOT,
            "%1$s_shard,%1$s_image,%2$s_shard,%2$s_image,pass,score,mirrored,feature\n",
            query,
            match);
    AtomicFiles.write(
        file, header + accepted().stream().map(this::line).collect(Collectors.joining()));
  }

  private String line(Pair pair) {
    SampleName query = SampleName.of(queries.get(pair.query()));
    SampleName match = SampleName.of(matches.get(pair.match()));
    String names =
        Stream.of(query.shard(), query.name(), match.shard(), match.name())
            .map(PairFiles::quoted)
            .collect(Collectors.joining(","));
    return String.format(
        Locale.ROOT,
        "%s,%s,%.4f,%s,%s\n",
        names,
        pair.pass(),
        pair.score(),
        pair.mirrored(),
        Double.isNaN(pair.feature()) ? "" : String.format(Locale.ROOT, "%.4f", pair.feature()));
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }

  /**
   * Draws the pairs where a judgement is worth most: those just below the threshold and those just
   * above it, equal files left out.
   */
  void writeSheet(Path file) throws IOException {
    Comparator<Pair> byScore = Comparator.comparingDouble(Pair::score);
    List<PairSheet.Cell> cells = new ArrayList<>();
    List<Pair> below =
        pairs.stream()
            .filter(pair -> pair.score() < threshold)
            .sorted(byScore.reversed())
            .limit(REFUSED)
            .sorted(byScore)
            .toList();
    List<Pair> above =
        accepted().stream()
            .filter(pair -> pair.pass() != PairSource.BYTES)
            .sorted(byScore)
            .limit(ACCEPTED)
            .toList();
    for (Pair pair : Stream.concat(below.stream(), above.stream()).toList()) {
      cells.add(
          new PairSheet.Cell(
              image(queries.get(pair.query())),
              image(matches.get(pair.match())),
              String.format(
                  Locale.ROOT,
                  "%.3f  %s%s",
                  pair.score(),
                  pair.pass(),
                  pair.mirrored() ? "  mirrored" : ""),
              pair.score() >= threshold));
    }
    PairSheet.write(
        file,
        "Pairs around the threshold of " + String.format(Locale.ROOT, "%.2f", threshold),
        "red: refused, below it; green: accepted; the number is the score",
        cells);
  }

  private static @Nullable BufferedImage image(Sample sample) {
    try {
      return DrawnImage.square(sample, PairSheet.IMAGE);
    } catch (ImageReader.UnusableImage e) {
      return null; // it has changed since it was compared
    }
  }
}
