package org.octothorpe.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.Library;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.train.Batch;

/**
 * What a {@link Loader} delivers: the same for any number of threads, from any start, disjoint
 * among processes.
 */
@Timeout(120)
class LoaderTest {
  private static final int IMAGES = 37;

  static {
    Library.load();
  }

  @TempDir Path dir;
  private Dataset data;

  /** An image as delivered. */
  record Item(long sample, List<Integer> labels, int pixels) {}

  @BeforeEach
  void makeData() throws IOException {
    data = dataset(IMAGES);
  }

  private Dataset dataset(int images) throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < images; i++) {
      shard.sample("k" + i, i, "t" + i % 5, "t" + i % 3);
    }
    return labeled(shard, new BadSamples());
  }

  private Dataset labeled(TestShard shard, BadSamples bad) throws IOException {
    Path tar = shard.write(dir.resolve("x.tar"));
    return Samples.open(List.of(tar.toString()), bad)
        .labeled(Vocabulary.of(List.of("t0", "t1", "t2", "t3", "t4")));
  }

  private LoaderOptions options(int batch) {
    return LoaderOptions.of(data, batch).withImageSize(32).withSeed(5).withThreads(2);
  }

  private static List<Item> items(Batch batch) {
    List<Item> items = new ArrayList<>();
    byte[] pixels = new byte[3 * batch.height() * batch.width()];
    IntBuffer offsets = batch.offsets().ints();
    for (int i = 0; i < batch.size(); i++) {
      List<Integer> labels = new ArrayList<>();
      for (int k = offsets.get(i); k < offsets.get(i + 1); k++) {
        labels.add(batch.labels().ints().get(k));
      }
      batch.pixels().bytes().get(i * pixels.length, pixels);
      items.add(new Item(batch.samples()[i], labels, Arrays.hashCode(pixels)));
    }
    return items;
  }

  private static List<Item> take(LoaderOptions options, int batches) {
    List<Item> items = new ArrayList<>();
    try (Loader loader = options.open()) {
      for (int i = 0; i < batches; i++) {
        items.addAll(items(loader.next()));
      }
    }
    return items;
  }

  @Test
  void optionsNeverChange() {
    LoaderOptions options = options(10);
    List<Item> before = take(options, 2);
    assertThat(options.withSeed(6).inOrder().once().withStart(20).withImageSize(16))
        .isNotSameAs(options);
    assertThat(options.imageSize()).isEqualTo(32);
    assertThat(take(options, 2)).isEqualTo(before);
  }

  @Test
  void anEpochHoldsEveryImageOnceInAnOrderOfItsOwn() {
    List<Item> items = take(options(IMAGES), 3);
    List<List<Long>> orders = new ArrayList<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      List<Long> order =
          items.subList(epoch * IMAGES, (epoch + 1) * IMAGES).stream().map(Item::sample).toList();
      assertThat(new HashSet<>(order)).hasSize(IMAGES);
      orders.add(order);
    }
    assertThat(new HashSet<>(orders)).hasSize(3);
    assertThat(take(options(IMAGES).withSeed(6), 1)).isNotEqualTo(items.subList(0, IMAGES));
    // The same image comes with another augmentation each time, and with its own labels.
    Map<Long, Set<Integer>> views = new HashMap<>();
    for (Item item : items) {
      views.computeIfAbsent(item.sample(), s -> new HashSet<>()).add(item.pixels());
      List<Integer> expected = new ArrayList<>();
      for (int label : data.labels((int) item.sample())) {
        expected.add(label);
      }
      assertThat(item.labels()).isEqualTo(expected);
    }
    assertThat(views.values().stream().mapToInt(Set::size).sum()).isGreaterThan(IMAGES * 5 / 2);
  }

  @Test
  void harmlessBlemishesCostNoImageAndAreCountedOnce() throws IOException {
    byte[] sound = TestImages.jpeg(32, 32, 1);
    byte[] samsung = sound.clone();
    for (int i = 0; i + 1 < samsung.length; i++) {
      if (samsung[i] == (byte) 0xFF && samsung[i + 1] == (byte) 0xDA) {
        samsung[i + 12] = 0; // the end of the spectral range, 63 in sequential files
      }
    }
    TestShard shard = new TestShard();
    for (int i = 0; i < 1000; i++) { // 0.2 % with a blemish, where 0.1 % may be bad
      shard.add(i + ".jpg", i % 500 == 7 ? samsung : sound);
      shard.add(i + ".json", "{\"tags\": [\"t0\"]}");
    }
    BadSamples bad = new BadSamples();
    Dataset blemished = labeled(shard, bad);
    try (Loader loader =
        LoaderOptions.of(blemished, 100).withImageSize(32).withSeed(5).withThreads(2).open()) {
      for (int i = 0; i < 20; i++) {
        assertThat(loader.next().size()).isEqualTo(100);
      }
    }
    assertThat(bad.count()).isZero();
    assertThat(bad.notes())
        .extracting(BadSamples.Note::toString)
        .hasSize(1)
        .first()
        .asString()
        .startsWith(
            "photographs have a harmless blemish (a scan header without a spectral range) and are"
                + " used: 2, the first "
                + dir.resolve("x.tar"));
  }

  @Test
  void threadsAndPrefetchChangeNothing() {
    List<Item> expected = take(options(10).withThreads(1).withPrefetch(2), 12);
    assertThat(expected).hasSize(120);
    for (int threads : new int[] {2, 3, 8}) {
      assertThat(take(options(10).withThreads(threads).withPrefetch(2 + threads), 12))
          .isEqualTo(expected);
    }
  }

  @Test
  void aLoaderStartsAnywhereAndGoesOnAsIfItHadNeverStopped() {
    List<Item> expected = take(options(10), 12);
    for (int start : new int[] {10, 20, 30, 40, 80}) {
      assertThat(take(options(10).withStart(start), 12 - start / 10))
          .isEqualTo(expected.subList(start, 120));
    }
    // Another batch size from a place that is not a multiple of it.
    assertThat(take(options(7).withStart(13), 8)).isEqualTo(expected.subList(13, 69));
    try (Loader loader = options(10).withStart(30).open()) {
      assertThat(loader.consumed()).isEqualTo(30);
      loader.next();
      assertThat(loader.consumed()).isEqualTo(40);
    }
  }

  @Test
  void processesShareEachStepWithoutOverlap() {
    List<Item> expected = take(options(12), 9);
    List<List<Item>> parts = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      parts.add(take(options(4).withRank(rank, 3), 9));
    }
    List<Item> joined = new ArrayList<>();
    for (int step = 0; step < 9; step++) {
      for (int rank = 0; rank < 3; rank++) {
        joined.addAll(parts.get(rank).subList(4 * step, 4 * step + 4));
      }
    }
    assertThat(joined).isEqualTo(expected);
  }

  @Test
  void evaluationDeliversEveryImageOnceInOrder() {
    List<Item> items = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    try (Loader loader = options(10).forEvaluation().open()) {
      for (Batch batch : loader) {
        sizes.add(batch.size());
        items.addAll(items(batch));
      }
      assertThat(loader.hasNext()).isFalse();
      assertThat(loader.consumed()).isEqualTo(IMAGES);
      assertThatThrownBy(loader::next).isInstanceOf(java.util.NoSuchElementException.class);
    }
    assertThat(sizes).containsExactly(10, 10, 10, 7);
    assertThat(items)
        .extracting(Item::sample)
        .containsExactlyElementsOf(java.util.stream.LongStream.range(0, IMAGES).boxed().toList());
  }

  @Test
  void evaluationIsSharedByProcesses() {
    List<Item> whole = take(options(30).forEvaluation(), 2);
    List<Item> joined = new ArrayList<>();
    List<Loader> loaders = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      loaders.add(options(10).forEvaluation().withRank(rank, 3).open());
    }
    List<Integer> sizes = new ArrayList<>();
    for (int step = 0; step < 2; step++) {
      for (Loader loader : loaders) {
        Batch batch = loader.next();
        sizes.add(batch.size());
        joined.addAll(items(batch));
      }
    }
    loaders.forEach(Loader::close);
    assertThat(joined).isEqualTo(whole);
    assertThat(sizes).containsExactly(10, 10, 10, 7, 0, 0);
  }

  /** 40 images, of which number 3 is cut, 17 claims to be huge, 25 is text. */
  private Dataset damaged(BadSamples bad) throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < 40; i++) {
      byte[] image = TestImages.jpeg(32, 32, i);
      image =
          i == 3
              ? TestImages.truncated(image)
              : i == 17
                  ? TestImages.claiming(image, 50_000, 50_000)
                  : i == 25 ? new byte[] {1, 2} : image;
      shard.add(i + ".jpg", image).add(i + ".json", "{\"tags\":[\"t" + i % 5 + "\"]}");
    }
    return labeled(shard, bad);
  }

  @Test
  void badImagesAreNamedCountedAndReplacedByTheNext() throws IOException {
    List<String> named = java.util.Collections.synchronizedList(new ArrayList<>());
    BadSamples bad = new BadSamples(0.1, named::add);
    data = damaged(bad);
    List<Item> epoch = take(options(10).inOrder(), 4);
    assertThat(epoch.get(3)).isNotEqualTo(epoch.get(4)); // another augmentation of the same image
    for (int i = 0; i < 40; i++) {
      assertThat(epoch.get(i).sample()).isEqualTo(i == 3 || i == 17 || i == 25 ? i + 1 : i);
    }
    assertThat(bad.count()).isEqualTo(3);
    String tar = dir.resolve("x.tar") + ": ";
    assertThat(named)
        .contains(
            tar + "3.jpg: jpeg: truncated: the end-of-image marker is missing",
            tar
                + "17.jpg: jpeg: the header claims 50000x50000 pixels; at most 100000000 are"
                + " allowed")
        .anyMatch(message -> message.startsWith(tar + "25.jpg: it is "));

    List<Item> shuffled = take(options(10), 8);
    assertThat(shuffled).extracting(Item::sample).doesNotContain(3L, 17L, 25L);
    assertThat(take(options(10).withThreads(5), 8)).isEqualTo(shuffled);
    assertThat(take(options(10).withStart(30), 5)).isEqualTo(shuffled.subList(30, 80));
  }

  @Test
  void tooManyBadImagesEndTheRunWithTheirNames() throws IOException {
    BadSamples bad = new BadSamples(0.05, message -> {});
    data = damaged(bad);
    try (Loader loader = options(10).open()) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 5; i++) {
                  loader.next();
                }
              })
          .isInstanceOf(BadSamplesException.class)
          .hasMessageStartingWith("3 images of 40 are bad, but at most 2 may be (max-bad 0.05):")
          .hasMessageContaining("3.jpg: jpeg: truncated")
          .hasMessageContaining("17.jpg: jpeg: the header claims 50000x50000");
    }
  }

  @Test
  void aDataSetWithoutAnyGoodImageEnds() throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < 4; i++) {
      shard.add(i + ".jpg", "text").add(i + ".json", "{\"tags\":[\"t0\"]}");
    }
    data = labeled(shard, new BadSamples(1, message -> {}));
    try (Loader loader = options(2).open()) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("none of the 4 images can be used");
    }
  }

  @Test
  void failuresOfWorkersSurfaceAtTheConsumer() {
    LoaderOptions options =
        options(4)
            .withAugmentation(
                (w, h, s, r) -> {
                  throw new IllegalStateException("no view");
                });
    try (Loader loader = options.open()) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no view")
          .hasRootCauseMessage("no view");
      assertThatThrownBy(loader::next).hasMessageContaining("no view");
    }
  }

  @Test
  void closingEndsAllThreadsAtAnyTimeAndTwiceIsHarmless() {
    for (int taken = 0; taken < 4; taken++) {
      Loader loader = options(3).withThreads(3).open();
      for (int i = 0; i < taken; i++) {
        loader.next();
      }
      loader.close();
      loader.close();
      assertThat(Thread.getAllStackTraces().keySet())
          .noneMatch(thread -> thread.getName().startsWith("octothorpe-loader"));
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the loader is closed");
    }
  }

  @Test
  void aBatchThatItsUserClosedIsNotFilledAgain() {
    try (Loader loader = options(5).withPrefetch(2).open()) {
      loader.next().close();
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the loader owns its batches");
    }
  }

  @Test
  void oneImageIsAnEndlessDataSet() throws IOException {
    data = dataset(1);
    assertThat(take(options(3), 4))
        .hasSize(12)
        .allSatisfy(item -> assertThat(item.sample()).isZero());
  }

  @Test
  void optionsAreChecked() {
    assertThatThrownBy(() -> LoaderOptions.of(data, 0))
        .hasMessage("loader: batch is 0, but must be in [1, 2^20]");
    assertThatThrownBy(() -> options(1).withImageSize(0)).hasMessageContaining("image size is 0");
    assertThatThrownBy(() -> options(1).withThreads(0)).hasMessageContaining("loader threads is 0");
    assertThatThrownBy(() -> options(1).withPrefetch(1)).hasMessageContaining("prefetch is 1");
    assertThatThrownBy(() -> options(1).withStart(-1)).hasMessageContaining("start is -1");
    assertThatThrownBy(() -> options(1).withRank(2, 2))
        .hasMessageContaining("rank is 2, but must be in [0, 2)");
    assertThatThrownBy(() -> options(1 << 20).withImageSize(4096).open())
        .hasMessageContaining("exceed 2 GiB");
  }
}
