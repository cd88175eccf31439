package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.shards.ShardIndex;
import org.octothorpe.data.tags.TagText;
import org.octothorpe.data.testing.HostileText;
import org.octothorpe.random.Philox;

/** Any tags are the same classes in every reader, and after every file that they go through. */
class TagSurvivalTest {
  private static final int LISTS = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  /** The tags of each image that has any, by its id; those of a broken list are left out. */
  private static Map<String, List<String>> expected(List<List<String>> lists) {
    Map<String, List<String>> expected = new LinkedHashMap<>();
    for (int i = 0; i < lists.size(); i++) {
      TagText tags = new TagText(note -> {});
      try {
        lists.get(i).forEach(tags::add);
      } catch (IllegalArgumentException e) {
        continue;
      }
      if (!tags.tags().isEmpty()) {
        expected.put("id" + i, tags.tags());
      }
    }
    return expected;
  }

  private static List<List<String>> lists() {
    Philox random = Philox.of(1, "survival");
    List<List<String>> lists = new ArrayList<>();
    for (int i = 0; i < LISTS; i++) {
      lists.add(HostileText.texts(random, 5));
    }
    return lists;
  }

  private Path jsonLines(List<List<String>> lists) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lists.size(); i++) {
      // Jackson writes half a surrogate pair only as an escape.
      StringBuilder tags = new StringBuilder();
      for (String tag : lists.get(i)) {
        tags.append(tags.isEmpty() ? "\"" : ", \"");
        tag.chars().forEach(c -> tags.append(String.format(Locale.ROOT, "\\u%04x", c)));
        tags.append('"');
      }
      text.append(
          String.format(
              Locale.ROOT, "{\"id\": \"id%d\", \"file\": \"a.jpg\", \"tags\": [%s]}\n", i, tags));
    }
    return Files.writeString(dir.resolve("rows.jsonl"), text);
  }

  private static Map<String, List<String>> read(Path file) throws IOException {
    Map<String, List<String>> tags = new LinkedHashMap<>();
    RowFile.of(file, "")
        .read(
            0,
            false,
            (Row row) -> {
              if (!row.tags().isEmpty()) {
                tags.put(row.id(), row.tags());
              }
              return true;
            },
            new BadSamples(1, message -> {}));
    return tags;
  }

  @Test
  void fromRawDataToTheClassesOfAResumedRun() throws IOException {
    List<List<String>> lists = lists();
    Map<String, List<String>> expected = expected(lists);
    assertThat(expected).hasSizeGreaterThan(LISTS / 2);
    Path raw = jsonLines(lists);
    assertThat(read(raw)).isEqualTo(expected);

    Files.write(
        dir.resolve("a.jpg"), new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE0});
    for (OutputFormat format : OutputFormat.values()) {
      Path set = dir.resolve("set-" + format);
      curate(raw, set, format);
      Map<String, List<String>> curated = new LinkedHashMap<>();
      for (int part = 0; part < 3; part++) {
        Path file = set.resolve(format.fileName(part));
        if (Files.exists(file)) {
          curated.putAll(read(file));
        }
      }
      assertThat(curated).isEqualTo(expected);
    }

    Path set = dir.resolve("set-" + OutputFormat.SHARDS);
    Vocabulary ofSet = Vocabulary.read(set.resolve(Curation.VOCABULARY));
    assertThat(Vocabulary.readExactly(set.resolve(Curation.VOCABULARY)).tags())
        .isEqualTo(ofSet.tags());
    assertLabels(Samples.open(set.toString()), ofSet, expected);
    for (Path shard : ShardIndex.shards(List.of(set.toString()))) {
      ShardIndex.write(shard, new BadSamples(), bytes -> {});
    }
    Samples samples = Samples.open(set.toString());
    Vocabulary top = Vocabulary.top(LISTS * 100, samples);
    assertThat(top.tags()).isEqualTo(ofSet.tags());
    Path file = dir.resolve("vocabulary.txt"); // as a run writes and resumes it
    top.write(file);
    assertLabels(samples, Vocabulary.readExactly(file), expected);
    String metadata = JSON.writeValueAsString(top.tags()); // as a checkpoint has it for eval
    List<String> back = JSON.readValue(metadata, new TypeReference<List<String>>() {});
    assertLabels(samples, Vocabulary.ofExactly(back), expected);
  }

  private void curate(Path raw, Path set, OutputFormat format) throws IOException {
    CurationSettings settings =
        new CurationSettings(
            List.of(raw.toString()),
            "top:1000000",
            null,
            SenseRule.CONTEXT,
            List.of(),
            1,
            RepeatPower.NATURAL,
            0.001,
            0,
            1,
            format,
            4000,
            1);
    new Curation(settings, new OneMachine(2, 64 << 20), new Quiet())
        .run(set, false, new BadSamples(1, message -> {}));
  }

  private static final class Quiet implements CurationListener {
    @Override
    public void onProgress(String task, long done, long total) {}

    @Override
    public void onReport(CurationReport report, Path folder) {}
  }

  private static void assertLabels(
      Samples samples, Vocabulary vocabulary, Map<String, List<String>> expected) {
    Dataset data = samples.labeled(vocabulary);
    assertThat(data.size()).isEqualTo(expected.size());
    assertThat(data.dropped()).isZero();
    Map<Long, List<String>> byKey = new HashMap<>();
    expected.forEach((id, tags) -> byKey.put(SampleKey.of(id).high(), tags));
    for (int i = 0; i < data.size(); i++) {
      List<String> labels = new ArrayList<>();
      for (int label : data.labels(i)) {
        labels.add(vocabulary.tags().get(label));
      }
      assertThat(labels).isEqualTo(byKey.get(data.sample(i).key()));
    }
  }

  @Test
  void aCsvThatQuotesAListSaysTheSameAsJson() throws IOException {
    List<List<String>> lists = new ArrayList<>();
    StringBuilder csv = new StringBuilder("\ufeffid,file,tags\r\n");
    for (List<String> list : lists()) {
      List<String> plain =
          list.stream()
              .map(tag -> tag.replaceAll("^[^#]", "#").replaceAll("[\\ud800-\\udfff]", "\ufffd"))
              .toList();
      String cell = JSON.writeValueAsString(plain);
      csv.append(
          String.format(
              Locale.ROOT, "id%d,a.jpg,\"%s\"\r\n", lists.size(), cell.replace("\"", "\"\"")));
      lists.add(plain);
    }
    Path file =
        Files.write(dir.resolve("rows.csv"), csv.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(read(file)).isEqualTo(expected(lists));
  }
}
