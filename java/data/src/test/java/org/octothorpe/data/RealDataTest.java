package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.octothorpe.Library;
import org.octothorpe.data.loading.Loader;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.testing.SharedData;
import org.octothorpe.train.Batch;

/** Real photographs with hashtags: their counts, and that all of them decode. */
class RealDataTest {
  static {
    Library.load();
  }

  @Test
  void cifarHashtags() throws IOException {
    Path folder = SharedData.require("cifar-hashtags");
    Samples train = Samples.open(folder + "/train-*.tar");
    assertThat(train.size()).isEqualTo(12_000);
    assertThat(train.bad().count()).isZero();
    assertThat(train.hasClasses()).isFalse();
    Vocabulary vocabulary = Vocabulary.parse("top:60", train);
    assertThat(vocabulary.size()).isEqualTo(60);
    assertThat(vocabulary.tags())
        .contains("kitty", "dogs", "instagood")
        .allSatisfy(tag -> assertThat(tag).isEqualTo(Hashtags.fold(tag)));
    Dataset data = train.labeled(vocabulary);
    assertThat(data.size() + data.dropped()).isEqualTo(12_000);

    Samples probe = Samples.open(folder + "/probe-*.tar");
    assertThat(probe.size()).isEqualTo(2_000);
    Dataset classes = Dataset.ofClasses(probe);
    assertThat(classes.classes()).isEqualTo(10);
    int[] images = new int[10];
    double[] mean = new double[3];
    try (Loader loader = LoaderOptions.of(classes, 100).withImageSize(32).forEvaluation().open()) {
      byte[] pixels = new byte[100 * 32 * 32 * 3];
      for (Batch batch : loader) {
        for (int i = 0; i < batch.size(); i++) {
          images[batch.labels().ints().get(i)]++;
        }
        batch.pixels().bytes().get(pixels);
        for (int i = 0; i < pixels.length; i++) {
          mean[i % 3] += (pixels[i] & 0xFF) / (2000.0 * 32 * 32 * 255);
        }
      }
    }
    assertThat(probe.bad().count()).isZero();
    assertThat(images).containsOnly(200);
    // CIFAR-10's published channel means are 0.491, 0.482, 0.447; of 2,000 images' own means
    // (deviation 0.12) within 6 * 0.12 / sqrt(2000).
    assertThat(List.of(mean[0] - 0.491, mean[1] - 0.482, mean[2] - 0.447))
        .allSatisfy(d -> assertThat(Math.abs(d)).isLessThan(0.017));
  }

  @Test
  void cocoMultilabel() throws IOException {
    Samples samples = Samples.open(SharedData.require("coco-multilabel").toString());
    assertThat(samples.size()).isEqualTo(52);
    assertThat(samples.get(0).tags()).containsExactly("pottedplant", "vase");
    Dataset data = samples.labeled(Vocabulary.top(1000, samples));
    assertThat(data.dropped()).isZero();
    try (Loader loader = LoaderOptions.of(data, 13).withImageSize(224).withSeed(1).open()) {
      for (int i = 0; i < 4; i++) {
        assertThat(loader.next().size()).isEqualTo(13);
      }
    }
    assertThat(samples.bad().count()).isZero();
  }
}
