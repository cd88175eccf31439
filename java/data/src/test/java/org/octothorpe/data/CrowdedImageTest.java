package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.loading.Loader;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.train.Batch;

/** Images with very many tags. */
class CrowdedImageTest {
  @TempDir Path folder;

  private static String[] tags(int count) {
    return IntStream.range(0, count).mapToObj(i -> "tag" + i).toArray(String[]::new);
  }

  /** Samples as a program may make them: a file of tags has a smaller limit of its own. */
  private Samples samples(int images, int tagsOfFirst, double maxBad) throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < images; i++) {
      shard.sample("k" + i, i, tags(1));
    }
    Path file = shard.write(folder.resolve(images + "-" + tagsOfFirst + ".tar"));
    List<Sample> samples = new ArrayList<>(Samples.open(file.toString()).all());
    Sample first = samples.get(0);
    List<String> many = List.of(tags(tagsOfFirst));
    samples.set(
        0,
        new Sample(
            first.file(), first.name(), first.offset(), first.bytes(), many, first.classId()));
    return Samples.of(samples, new BadSamples(maxBad, message -> {}));
  }

  @Test
  void theMostLabelsAreKept() throws IOException {
    Samples samples = samples(4, Dataset.MAX_LABELS, 0);
    Dataset data = samples.labeled(Vocabulary.of(List.of(tags(2000))));
    assertThat(data.maxLabels()).isEqualTo(1024);
    try (Loader loader = LoaderOptions.of(data, 8).withImageSize(32).open()) {
      for (int step = 0; step < 3; step++) { // each image twice
        Batch batch = loader.next();
        assertThat(batch.offsets().ints().get(8)).isEqualTo(2 * (1024 + 3));
      }
    }
  }

  @Test
  void oneLabelMoreMakesAnImageBad() throws IOException {
    Samples samples = samples(4, Dataset.MAX_LABELS + 1, 0.5);
    Dataset data = samples.labeled(Vocabulary.of(List.of(tags(2000))));
    assertThat(data.size()).isEqualTo(3);
    assertThat(data.dropped()).isZero();
    assertThat(data.maxLabels()).isEqualTo(1);
    List<String> bad = new ArrayList<>();
    samples.bad().forEach((where, reason) -> bad.add(where + ": " + reason));
    assertThat(bad)
        .containsExactly(
            folder.resolve("4-1025.tar")
                + ": k0.jpg: it has 1025 tags of the vocabulary, but may have at most 1024");
  }

  @Test
  void onlyTagsOfTheVocabularyCount() throws IOException {
    Dataset data = samples(4, 1500, 0).labeled(Vocabulary.of(List.of(tags(1024))));
    assertThat(data.size()).isEqualTo(4);
  }

  @Test
  void tooManyOfThemEndTheReading() throws IOException {
    Samples samples = samples(4, 1025, 0);
    Vocabulary vocabulary = Vocabulary.of(List.of(tags(2000)));
    assertThatThrownBy(() -> samples.labeled(vocabulary))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageContaining("1 image of 4 is bad, but at most 0 may be")
        .hasMessageContaining("k0.jpg: it has 1025 tags");
  }

  @Test
  void aLimitThatWouldDoIsRound() {
    assertThat(new BadSamplesException("", 0.0011).sufficientLimit()).isEqualTo(0.005);
    assertThat(new BadSamplesException("", 0.001).sufficientLimit()).isEqualTo(0.002);
    assertThat(new BadSamplesException("", 0.3).sufficientLimit()).isEqualTo(1);
    assertThat(new BadSamplesException("", 0.15).sufficientLimit()).isEqualTo(0.5);
    assertThat(new BadSamplesException("", 1.0).sufficientLimit()).isEqualTo(1);
    assertThat(new BadSamplesException("", 3e-7).sufficientLimit()).isEqualTo(1e-6);
  }
}
