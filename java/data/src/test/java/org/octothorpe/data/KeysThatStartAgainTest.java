package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.curation.Curation;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.OneMachine;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;

/** Images of one key in two shards, or of one name in two folders, are two images everywhere. */
class KeysThatStartAgainTest {
  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();

  private CurationReport curate(String out, double maxBad, String... input) throws IOException {
    CurationSettings settings =
        new CurationSettings(
            List.of(input),
            "top:5",
            null,
            SenseRule.CONTEXT,
            List.of(),
            1,
            RepeatPower.SQRT,
            0.5,
            0.5,
            1,
            OutputFormat.SHARDS,
            1000,
            maxBad);
    return new Curation(settings, new OneMachine(2, 1 << 20), new CurationListener() {})
        .run(dir.resolve(out), false, new BadSamples(maxBad, named::add));
  }

  private List<Row> rows(String out) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (RowFile file : RowFile.of(List.of(dir.resolve(out).toString()), new BadSamples())) {
      file.read(0, false, rows::add, new BadSamples());
    }
    return rows;
  }

  /** Forty images of the same keys in each of two shards. */
  private String shards(String folder) throws IOException {
    Path data = Files.createDirectories(dir.resolve(folder));
    for (int shard = 0; shard < 2; shard++) {
      TestShard tar = new TestShard();
      for (int i = 0; i < 40; i++) {
        tar.sample(
            String.format(Locale.ROOT, "%05d", i), 100L * shard + i, i % 3 == 0 ? "rare" : "sea");
      }
      tar.write(data.resolve("s" + shard + ".tar"));
    }
    return data + "/*.tar";
  }

  @Test
  void inShards() throws IOException {
    String input = shards("one");
    assertThat(curate("set", 0, input).counts().images()).isEqualTo(80);
    assertThat(rows("set").get(40).id()).isEqualTo("s1.tar/00000.jpg");
    List<Sample> samples = Samples.open(dir.resolve("set").toString()).all();
    assertThat(samples).extracting(Sample::key).doesNotHaveDuplicates();
    List<List<String>> tags = samples.stream().map(Sample::tags).toList();
    assertThat(tags.subList(0, 40))
        .as("label noise is drawn for each")
        .isNotEqualTo(tags.subList(40, 80));
    assertThat(Samples.open(input).all())
        .as("training tells them apart as well")
        .extracting(Sample::key)
        .doesNotHaveDuplicates();
  }

  @Test
  void aDataSetThatWasMovedGivesTheSameSet() throws IOException {
    curate("set", 0, shards("one"));
    curate("again", 0, shards("deep/down/other"));
    String shard = "curated-000000.tar";
    assertThat(dir.resolve("again").resolve(shard))
        .hasSameBinaryContentAs(dir.resolve("set").resolve(shard));
  }

  @Test
  void inFolders() throws IOException {
    for (String folder : List.of("a", "b")) {
      Path images = Files.createDirectories(dir.resolve("in").resolve(folder));
      Files.write(images.resolve("IMG_1.jpg"), TestImages.jpeg(8, 8, folder.hashCode()));
      Files.writeString(
          images.resolve("tags.jsonl"),
          """
          {"file": "IMG_1.jpg", "tags": ["sea"]}
          {"file": "gone.jpg", "tags": []}
          """);
    }
    String a = dir.resolve("in/a").toString();
    String b = dir.resolve("in/b").toString();
    assertThat(curate("set", 1, a, b).counts().images()).isEqualTo(2);
    assertThat(rows("set")).extracting(Row::id).containsExactly("a/IMG_1.jpg", "b/IMG_1.jpg");
    assertThat(named).hasSize(2);
    assertThat(Samples.open(List.of(a, b), new BadSamples(1, named::add)).all())
        .extracting(Sample::key)
        .doesNotHaveDuplicates()
        .hasSize(2);
    // Two tables of one folder name the same image.
    Files.copy(dir.resolve("in/a/tags.jsonl"), dir.resolve("in/a/more.jsonl"));
    named.clear();
    assertThat(curate("tables", 1, a + "/*.jsonl").counts().duplicateIds()).isEqualTo(1);
    assertThat(named).anyMatch(bad -> bad.contains("it has the id of line 1 of"));
  }

  @Test
  void idsOfTheirOwnAreOfTheWholeInput() throws IOException {
    for (int i = 0; i < 2; i++) {
      new TestShard()
          .add(i + ".jpg", TestImages.jpeg(8, 8, i))
          .add(i + ".json", "{\"id\": \"same\", \"tags\": [\"sea\"]}")
          .write(dir.resolve("t" + i + ".tar"));
    }
    assertThatThrownBy(() -> curate("set", 0, dir + "/t*.tar"))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageContaining("t1.tar: 1.jpg: it has the id of 0.jpg of");
    named.clear();
    String tar = shards("one").replace("*", "s0");
    assertThatThrownBy(() -> curate("twice", 0, tar, tar))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageContaining("it has the id of 00000.jpg of");
  }
}
