package org.octothorpe.data.curation.senses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.curation.Curation;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.OneMachine;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.random.Philox;

/** Senses by the tags beside a tag: right more often than by frequency, the same in any order. */
class SenseChoiceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** A tag of the list of ambiguous ones. */
  private record Ambiguous(String tag, Set<String> meant, List<List<String>> images) {}

  private static List<Ambiguous> read(String half) throws IOException {
    String text;
    try (InputStream in =
        SenseChoiceTest.class.getResourceAsStream("ambiguous-tags-" + half + ".tsv")) {
      text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Ambiguous> tags = new ArrayList<>();
    for (String line : text.lines().filter(line -> !line.startsWith("#")).toList()) {
      String[] fields = line.split("\t", -1);
      List<List<String>> images = new ArrayList<>();
      for (int i = 2; i < fields.length; i++) {
        List<String> image = new ArrayList<>(List.of(fields[0]));
        image.addAll(List.of(fields[i].split(" ", -1)));
        images.add(image);
      }
      tags.add(new Ambiguous(fields[0], Set.of(fields[1].split(",", -1)), images));
    }
    return tags;
  }

  private Path write(String name, List<List<String>> images) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < images.size(); i++) {
      text.append(
              JSON.writeValueAsString(
                  Map.of("id", name + i, "file", "a.jpg", "tags", images.get(i))))
          .append('\n');
    }
    Files.createDirectories(folder.resolve("in"));
    return Files.writeString(folder.resolve("in/" + name + ".jsonl"), text);
  }

  private CurationSettings settings(String vocabulary, @Nullable Path overrides, SenseRule senses) {
    return new CurationSettings(
        List.of(folder.resolve("in/*.jsonl").toString()),
        vocabulary,
        overrides == null ? null : overrides.toString(),
        senses,
        List.of(),
        1,
        RepeatPower.NATURAL,
        0.001,
        0,
        1,
        OutputFormat.PARQUET,
        1000,
        0);
  }

  private Path curate(CurationSettings settings, String name, int threads) throws IOException {
    Path set = folder.resolve(name);
    new Curation(settings, new OneMachine(threads, 1 << 20), new CurationListener() {})
        .run(set, false, new BadSamples(0, message -> {}));
    return set;
  }

  private static Map<String, String[]> table(Path file) throws IOException {
    Map<String, String[]> rows = new HashMap<>();
    Files.readAllLines(file).forEach(line -> rows.put(line.split(",", -1)[0], line.split(",", -1)));
    return rows;
  }

  @ParameterizedTest
  @CsvSource({"development, 25, 45", "held-out, 25, 41"})
  void meansWhatPhotographersMeanMoreOftenThanByFrequency(String half, int before, int after)
      throws IOException {
    List<Ambiguous> tags = read(half);
    assertThat(tags).hasSize(50);
    write(half, tags.stream().flatMap(tag -> tag.images.stream()).toList());
    Map<String, String[]> senses =
        table(curate(settings("wordnet", null, SenseRule.CONTEXT), "set", 2).resolve("senses.csv"));
    int frequent = 0;
    List<String> wrong = new ArrayList<>();
    for (Ambiguous tag : tags) {
      String[] row = Objects.requireNonNull(senses.get(tag.tag));
      frequent += tag.meant.contains(row[2]) ? 1 : 0;
      if (!tag.meant.contains(row[3])) {
        wrong.add(tag.tag);
      }
    }
    assertThat(frequent).isEqualTo(before);
    assertThat(wrong).as("wrong: %s", wrong).hasSize(50 - after);
  }

  /** The same images in other files, another order and on other threads. */
  @Test
  void neitherThreadsNorFilesNorTheirOrderCount() throws IOException {
    List<List<String>> images =
        read("development").stream().flatMap(tag -> tag.images.stream()).toList();
    write("a", images);
    Path one = curate(settings("wordnet", null, SenseRule.CONTEXT), "one", 1);
    Files.delete(folder.resolve("in/a.jsonl"));
    write("c", images.subList(0, 70));
    write("b", images.subList(70, 75));
    write("a", images.subList(75, images.size()));
    Path other = curate(settings("wordnet", null, SenseRule.CONTEXT), "other", 3);
    for (String file : List.of("senses.csv", "tags.csv", "vocabulary.txt", "report.json")) {
      assertThat(other.resolve(file)).hasSameBinaryContentAs(one.resolve(file));
    }
  }

  /** What the first reading concludes is what the images of the set say. */
  @Test
  void canonicalTagsCountTheImagesThatHaveThem() throws IOException {
    List<String> words =
        List.of(
            "kitty",
            "kitties",
            "cat",
            "pussycat",
            "kitten",
            "meow",
            "crane",
            "cranes",
            "heron",
            "bird",
            "birds",
            "grus",
            "pool",
            "jackpot",
            "dog",
            "dogs",
            "hotdog",
            "axes",
            "bass",
            "seabass",
            "fishing",
            "jaguar",
            "panther",
            "puma",
            "instagood");
    Philox random = Philox.of(3, "senses");
    List<List<String>> images = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      Philox draw = random.at(i);
      List<String> tags = new ArrayList<>();
      for (int k = draw.nextInt(6); k >= 0; k--) {
        tags.add(words.get(draw.nextInt(words.size())));
      }
      images.add(tags);
    }
    write("drawn", images);
    Path overrides = Files.writeString(folder.resolve("o.tsv"), "pool\tn02122948\nbass\t-\n");
    Path set = curate(settings("wordnet", overrides, SenseRule.CONTEXT), "set", 2);
    Map<String, Long> counted = new TreeMap<>();
    for (RowFile file : RowFile.of(List.of(set + "/*.parquet"), new BadSamples())) {
      file.read(
          0,
          false,
          row -> {
            row.tags().forEach(tag -> counted.merge(tag, 1L, Long::sum));
            return true;
          },
          new BadSamples(0, message -> {}));
    }
    Map<String, Long> reported = new TreeMap<>();
    JSON.readTree(set.resolve(Curation.REPORT).toFile())
        .path("tags")
        .forEach(tag -> reported.put(tag.path("tag").asText(), tag.path("images").asLong()));
    assertThat(counted).isEqualTo(reported).containsKey("kitten");
    assertThat(new HashSet<>(Vocabulary.read(set.resolve(Curation.VOCABULARY)).tags()))
        .isEqualTo(counted.keySet());
  }

  @Test
  void onlyTheContextChanges() throws IOException {
    List<List<String>> images = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      images.add(List.of("crane", "heron", "wetland"));
      images.add(List.of("cranes", "stork"));
      images.add(List.of("truck", "road")); // what is on every image says nothing
    }
    images.add(List.of("crane"));
    write("birds", images);
    Path context = curate(settings("wordnet", null, SenseRule.CONTEXT), "context", 1);
    assertThat(Files.readString(context.resolve("tags.csv")))
        .contains("crane,4,crane.n02012849,\"of 5 noun synsets of 'crane' the one that fits")
        .contains("cranes,3,crane.n02012849,");
    assertThat(table(context.resolve("senses.csv")).get("cranes"))
        .startsWith("cranes", "3", "n03126707", "n02012849", "yes");
    Path frequency = curate(settings("wordnet", null, SenseRule.FREQUENCY), "frequency", 1);
    assertThat(Files.readString(frequency.resolve("tags.csv"))).contains("crane,4,crane,");
    assertThat(frequency.resolve("senses.csv")).doesNotExist();
    Path overrides = Files.writeString(folder.resolve("o.tsv"), "crane\tn03126707\n");
    Path fixed = curate(settings("wordnet", overrides, SenseRule.CONTEXT), "fixed", 1);
    assertThat(Files.readString(fixed.resolve("tags.csv")))
        .contains("crane,4,crane,an override chooses n03126707")
        .contains("cranes,3,crane.n02012849,");
    Path list = Files.writeString(folder.resolve("l.txt"), "n03126707\nn02007558\n");
    Path listed = curate(settings("synsets:" + list, null, SenseRule.CONTEXT), "listed", 1);
    assertThat(Files.readString(listed.resolve("tags.csv")))
        .contains("crane,4,crane,the only listed noun synset of 'crane'");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.filter(path -> path.toString().endsWith(".partial"))).isEmpty();
    }
  }

  @Test
  void aTagWithoutNeighborsKeepsItsMostFrequentSense() throws IOException {
    write("alone", List.of(List.of("kitty"), List.of("kitty", "instagood")));
    Path set = curate(settings("wordnet", null, SenseRule.CONTEXT), "set", 1);
    assertThat(table(set.resolve("senses.csv")).get("kitty"))
        .startsWith("kitty", "2", "n13369474", "n13369474", "no");
  }
}
