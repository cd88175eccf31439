package org.octothorpe.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleName;

/** The file that says which images of an evaluation set training has seen. */
class ContaminationTest {
  private static final Samples TRAINING = samples("train.tar", "x.jpg");

  @TempDir Path folder;

  private static Samples samples(String shard, String... names) {
    return Samples.of(
        Arrays.stream(names)
            .map(name -> new Sample(Path.of("data", shard), name, 512, 99, List.of(), 0))
            .toList(),
        new BadSamples());
  }

  private static Contamination found(Samples evaluation) {
    List<Pair> pairs =
        List.of(
            new Pair(2, 0, PairSource.HASH, 0.9, false, Double.NaN),
            new Pair(0, 0, PairSource.SHAPE, 0.8, true, 0.7),
            new Pair(2, 1, PairSource.SHAPE, 0.95, true, 0.7),
            new Pair(1, 0, PairSource.SHAPE, 0.7, false, 0.7));
    return Contamination.of(evaluation, TRAINING, pairs, 0.8, 21, null);
  }

  @Test
  void aFileIsReadAsWritten() throws IOException {
    Samples evaluation = samples("test.tar", "c.jpg", "b.jpg", "a.jpg");
    Path file = folder.resolve("contamination.json");
    Contamination written = found(evaluation);
    written.write(file);
    Contamination read = Contamination.read(file);
    assertThat(read).isEqualTo(written);
    assertThat(read.contaminated())
        .containsExactly(new SampleName("test.tar", "a.jpg"), new SampleName("test.tar", "c.jpg"));
    assertThat(read.in(file, evaluation))
        .containsExactlyInAnyOrder(evaluation.get(0), evaluation.get(2));
  }

  @Test
  void orderAndFolderDoNotMatter() {
    Samples evaluation = samples("test.tar", "c.jpg", "b.jpg", "a.jpg");
    Samples moved =
        Samples.of(
            List.of(
                new Sample(Path.of("/else/test.tar"), "a.jpg", 512, 99, List.of("tag"), 7),
                new Sample(Path.of("/else/test.tar"), "b.jpg", 0, 99, List.of(), 0),
                new Sample(Path.of("/else/test.tar"), "c.jpg", 512, 99, List.of(), 0)),
            new BadSamples());
    assertThat(found(evaluation).in(Path.of("f"), moved))
        .containsExactlyInAnyOrder(moved.get(0), moved.get(2));
  }

  @Test
  void anotherDataSetIsRefused() {
    Contamination found = found(samples("test.tar", "c.jpg", "b.jpg", "a.jpg"));
    assertThatThrownBy(() -> found.in(Path.of("f.json"), samples("test.tar", "c.jpg", "b.jpg")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("f.json is of another data set: of 3 images")
        .hasMessageContaining("but these are 2");
    assertThatThrownBy(
            () -> found.in(Path.of("f.json"), samples("test.tar", "c.jpg", "b.jpg", "z.jpg")))
        .hasMessageContaining("another data set");
    Contamination edited =
        new Contamination(
            Contamination.FORMAT,
            found.evaluation(),
            found.training(),
            0.8,
            21,
            null,
            List.of(new SampleName("test.tar", "z.jpg")));
    assertThatThrownBy(
            () -> edited.in(Path.of("f"), samples("test.tar", "c.jpg", "b.jpg", "a.jpg")))
        .hasMessageContaining("lists 1 contaminated images, of which the data set has 0");
  }

  @Test
  void otherPicturesOfTheSameNamesAndSizesAreRefused() throws IOException {
    byte[] shard = new byte[700];
    Path file = Files.write(folder.resolve("test.tar"), shard);
    Samples evaluation =
        Samples.of(
            List.of(
                new Sample(file, "a.jpg", 0, 99, List.of(), 0),
                new Sample(file, "b.jpg", 200, 99, List.of(), 0),
                new Sample(file, "c.jpg", 512, 99, List.of(), 0)),
            new BadSamples());
    Contamination found = found(evaluation);
    assertThat(found.in(Path.of("f"), evaluation)).hasSize(2);
    shard[600] = 1;
    Files.write(file, shard);
    assertThatThrownBy(() -> found.in(Path.of("f.json"), evaluation))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "f.json is of another data set: its 3 images have the names and sizes")
        .hasMessageContaining("but are other pictures");
    Contamination old =
        new Contamination(
            Contamination.FORMAT,
            new Contamination.Source(3, found.evaluation().sha256(), null),
            found.training(),
            0.8,
            21,
            null,
            found.contaminated());
    assertThat(old.in(Path.of("f"), evaluation)).hasSize(2);
  }

  @Test
  void imagesThatDifferInTheirFolderAloneAreRefused() {
    Samples twice =
        Samples.of(
            List.of(
                new Sample(Path.of("a/t.tar"), "0.jpg", 0, 9, List.of(), 0),
                new Sample(Path.of("b/t.tar"), "0.jpg", 0, 9, List.of(), 0)),
            new BadSamples());
    assertThatThrownBy(() -> Contamination.of(twice, TRAINING, List.of(), 0.8, 21, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a/t.tar: 0.jpg and b/t.tar: 0.jpg differ in their folder alone");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"format\": \"octothorpe-contamination-1\"}",
        "{\"format\": \"octothorpe-contamination-2\", \"evaluation\": {\"images\": 1, \"sha256\": \"\"},"
            + " \"training\": {\"images\": 1, \"sha256\": \"\"}, \"threshold\": 1, \"k\": 1}",
        "{\"format\": \"octothorpe-contamination-1\", \"evaluation\": {\"images\": 1},"
            + " \"training\": {\"images\": 1, \"sha256\": \"\"}, \"threshold\": 1, \"k\": 1}",
        "{\"format\": \"octothorpe-contamination-1\", \"evaluation\": {\"images\": 1, \"sha256\": \"\"},"
            + " \"training\": {\"images\": 1, \"sha256\": \"\"}, \"threshold\": 1, \"k\": 1,"
            + " \"contaminated\": [{\"shard\": \"x\"}]}",
        "{\"format\": \"octothorpe-contamination-1\", \"contaminated\": [null]}",
        "{\"format\": \"octothorpe-contamination-1\", \"unknown\": 1}"
      })
  void anUnsoundFileIsNamed(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("c.json"), text);
    assertThatThrownBy(() -> Contamination.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("c.json is not a contamination file");
  }

  @Test
  void whatIsOfAnotherProgramIsSaidToBe() throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), "{\"data\": [\"x\"]}");
    assertThatThrownBy(() -> Contamination.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            file + " is not a contamination file, as dedup --against writes it: it has no format");
    assertThatThrownBy(() -> Contamination.read(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("contamination: " + folder + " is a folder, but must be a file");
  }
}
