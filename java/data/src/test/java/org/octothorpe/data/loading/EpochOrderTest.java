package org.octothorpe.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.tags.RepeatFactor;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.random.Permutation;
import org.octothorpe.random.Philox;

/** Images that are repeated, epoch by epoch. */
class EpochOrderTest {
  private static final int IMAGES = 400; // more than six blocks of Copies
  private static final long SEED = 5;

  @TempDir Path dir;

  private static double repeat(int image) {
    boolean none = image < 70 || (image >= 128 && image < 330); // whole blocks without copies
    return none ? 0 : image % 3 == 0 ? 1 : 1 + image / 50.0;
  }

  private Dataset data() throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < IMAGES; i++) {
      shard.add("k" + i + ".jpg", "x");
      shard.add(
          "k" + i + ".json",
          "{\"id\": \"id" + i + "\", \"tags\": [\"t\"], \"repeat\": " + repeat(i) + "}");
    }
    return Samples.open(shard.write(dir.resolve("x.tar")).toString())
        .labeled(Vocabulary.of(List.of("t")));
  }

  @Test
  void anEpochHasEveryImageAsOftenAsItsDraws() throws IOException {
    Dataset data = data();
    EpochOrder order = new EpochOrder(data, true, SEED);
    long position = 0;
    List<List<Integer>> epochs = new ArrayList<>();
    for (int epoch = 0; epoch < 4; epoch++) {
      RepeatFactor factor = RepeatFactor.ofEpoch(SEED, epoch);
      List<Integer> expected = new ArrayList<>();
      for (int i = 0; i < IMAGES; i++) {
        for (int k = factor.copies(repeat(i), SampleKey.of("id" + i).high()); k > 0; k--) {
          expected.add(i);
        }
      }
      assertThat(order.length(position)).isEqualTo(expected.size());
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i < expected.size(); i++) {
        found.add(order.sample(position + i, 0));
      }
      Permutation permutation =
          Permutation.of(expected.size(), Philox.of(SEED, "shuffle").at(epoch));
      assertThat(found)
          .isEqualTo(
              IntStream.range(0, expected.size())
                  .mapToObj(i -> expected.get((int) permutation.at(i)))
                  .toList())
          .isNotEqualTo(expected);
      epochs.add(found);
      position += expected.size();
    }
    assertThat(epochs.get(0).size()).isNotEqualTo(epochs.get(1).size());
    assertThat(data.epochImages())
        .isEqualTo(Math.round(IntStream.range(0, IMAGES).mapToDouble(i -> repeat(i)).sum()));
  }

  @Test
  void anyPositionIsTheSameFromAnywhere() throws IOException {
    Dataset data = data();
    int positions = 2000;
    EpochOrder forward = new EpochOrder(data, true, SEED);
    int[] samples = IntStream.range(0, positions).map(p -> forward.sample(p, 0)).toArray();
    for (int p = positions - 1; p >= 0; p -= 61) {
      assertThat(new EpochOrder(data, true, SEED).sample(p, 0)).isEqualTo(samples[p]);
    }
    EpochOrder shared = new EpochOrder(data, true, SEED);
    LongStream.range(0, positions)
        .parallel()
        .forEach(p -> assertThat(shared.sample(p, 0)).isEqualTo(samples[(int) p]));
  }

  @Test
  void theNextOnesAheadAreAllOfTheEpoch() throws IOException {
    EpochOrder order = new EpochOrder(data(), true, SEED);
    long length = order.length(0);
    List<Integer> straight = new ArrayList<>();
    List<Integer> ahead = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      straight.add(order.sample(i, 0));
      ahead.add(order.sample(length - 1, i));
    }
    assertThat(ahead).containsExactlyInAnyOrderElementsOf(straight);
  }

  @Test
  void withoutShufflingEachImageComesOnce() throws IOException {
    Dataset data = data();
    EpochOrder order = new EpochOrder(data, false, SEED);
    assertThat(IntStream.range(0, IMAGES).map(p -> order.sample(p, 0)).toArray())
        .isEqualTo(IntStream.range(0, IMAGES).toArray());
    assertThat(order.length(0)).isEqualTo(IMAGES);
  }

  @Test
  void impossibleRepeatsMakeABadSample() throws IOException {
    List<String> named = new ArrayList<>();
    TestShard shard = new TestShard().sample("good", 1, "t");
    for (String repeat : List.of("-1", "\"2\"", "1e9")) {
      shard.add("k" + repeat.length() + ".jpg", "x");
      shard.add("k" + repeat.length() + ".json", "{\"tags\": [], \"repeat\": " + repeat + "}");
    }
    Path tar = shard.write(dir.resolve("bad.tar"));
    assertThat(Samples.open(List.of(tar.toString()), new BadSamples(1, named::add)).size())
        .isEqualTo(1);
    assertThat(named)
        .anyMatch(message -> message.contains("its \"repeat\" is -1, but must be a number in"));
  }

  @Test
  void anEpochWithoutImagesIsRefused() throws IOException {
    TestShard shard = new TestShard();
    shard.add("a.jpg", "x").add("a.json", "{\"tags\": [\"t\"], \"repeat\": 0}");
    Dataset data =
        Samples.open(shard.write(dir.resolve("x.tar")).toString())
            .labeled(Vocabulary.of(List.of("t")));
    assertThatThrownBy(() -> new EpochOrder(data, true, SEED)).hasMessageContaining("0.0 images");
    assertThat(new EpochOrder(data, false, SEED).length(0)).isEqualTo(1);
  }

  @Test
  void epochsWithoutAnyImageArePassedOver() throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < 10; i++) {
      shard
          .add("k" + i + ".jpg", "x")
          .add("k" + i + ".json", "{\"tags\": [\"t\"], \"repeat\": 0.2}");
    }
    Dataset data =
        Samples.open(shard.write(dir.resolve("rare.tar")).toString())
            .labeled(Vocabulary.of(List.of("t")));
    EpochOrder forward = new EpochOrder(data, true, SEED);
    int[] images = IntStream.range(0, 300).map(position -> forward.sample(position, 0)).toArray();
    int[] counts = new int[10];
    for (int image : images) {
      counts[image]++;
    }
    // 300 draws, 30 of each image: within four standard deviations.
    assertThat(IntStream.of(counts)).allMatch(count -> count >= 9 && count <= 51);
    EpochOrder late = new EpochOrder(data, true, SEED);
    for (int position = 299; position >= 0; position--) {
      assertThat(late.sample(position, 0)).isEqualTo(images[position]);
    }
  }

  @Test
  void repeatFactorsThatFillNoEpochAreRefusedAtOnce() throws IOException {
    TestShard shard = new TestShard();
    shard.add("k.jpg", "x").add("k.json", "{\"tags\": [\"t\"], \"repeat\": 0.5}");
    Dataset data =
        Samples.open(shard.write(dir.resolve("half.tar")).toString())
            .labeled(Vocabulary.of(List.of("t")));
    assertThatThrownBy(() -> new EpochOrder(data, true, SEED))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("an epoch has 0.5 images on average, but must have at least 1");
  }
}
