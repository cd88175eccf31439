package org.octothorpe.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongConsumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.data.Samples;
import org.octothorpe.data.duplicates.PlantedDuplicates.Kind;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;

/** Duplicates planted among generated pictures. */
class DuplicateSearchTest {
  private static final int K = DuplicateSearch.DEFAULT_K;
  private static final int EXACT = DuplicateSearch.DEFAULT_EXACT_LIMIT;

  @TempDir Path folder;

  private PlantedResult plant(Device device, Samples samples, int exactLimit) throws IOException {
    SearchSet searched = SearchSet.searched(samples, null, 2, stage -> done -> {});
    PlantedDuplicates copies = PlantedDuplicates.of(samples, 60, 1, folder.resolve("copies"));
    SearchSet queries = SearchSet.queried(copies.samples(), null, 2, stage -> done -> {});
    DuplicateSearch search = new DuplicateSearch(device, searched, K, exactLimit);
    return PlantedResult.measure(search, copies, queries, done -> {});
  }

  @Test
  void plantedDuplicatesOfEveryKindAreFoundAndNothingElse() throws IOException {
    Samples samples = Pictures.write(folder.resolve("pictures"), 600);
    try (Device device = Device.open("cpu")) {
      PlantedResult result = plant(device, samples, EXACT);
      double threshold = result.threshold(1);
      for (Kind kind : Kind.values()) {
        assertThat(result.planted(kind)).isEqualTo(60);
        assertThat(result.falsePairs(kind, threshold)).as(kind.toString()).isZero();
        double least = kind == Kind.COMBINED ? 0.9 : 0.98; // one of 60 is 1.7 %
        assertThat(result.recall(kind, threshold)).as(kind.toString()).isGreaterThan(least);
      }
      assertThat(result.precision(threshold)).isEqualTo(1);
      assertThat(result.real()).isZero();
      assertThat(threshold).isEqualTo(PlantedResult.REAL); // a lower one would do for these few
    }
  }

  @Test
  void duplicatesThatTheDataHeldBeforeAreNoFalsePairs() throws IOException {
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      images.add(Pictures.jpeg(i / 2)); // each twice
    }
    try (Device device = Device.open("cpu")) {
      PlantedResult result = plant(device, Pictures.write(folder.resolve("twice"), images), EXACT);
      assertThat(result.precision(result.threshold(1))).isEqualTo(1);
      assertThat(result.real()).isEqualTo(60);
      assertThat(result.recall(Kind.JPEG, result.threshold(1))).isGreaterThan(0.98);
      assertThatThrownBy(() -> result.threshold(0))
          .hasMessage("precision is 0.0, but must be in (0,1]");
    }
  }

  @Test
  void aGraphOfNeighborsFindsThemToo() throws IOException {
    Samples samples = Pictures.write(folder.resolve("pictures"), 300);
    try (Device device = Device.open("cpu")) {
      SearchSet searched = SearchSet.searched(samples, null, 2, stage -> done -> {});
      assertThat(new DuplicateSearch(device, searched, K, 300).graphRecall()).isEmpty();
      assertThat(new DuplicateSearch(device, searched, K, 299).graphRecall().get(PairSource.SHAPE))
          .isBetween(0.9, 1.0);
      assertThat(plant(device, samples, 1).recall(Kind.CROPPED, 0.8)).isGreaterThan(0.95);
    }
  }

  @Test
  void equalFilesAreFoundEvenIfTheyAreDamaged() throws IOException {
    byte[] broken = Arrays.copyOf(Pictures.jpeg(1), 300);
    Samples training =
        Pictures.write(folder.resolve("a"), List.of(Pictures.jpeg(0), broken, Pictures.jpeg(2)));
    Samples evaluation =
        Pictures.write(folder.resolve("b"), List.of(broken, Pictures.jpeg(2), Pictures.jpeg(7)));
    try (Device device = Device.open("cpu")) {
      List<Pair> pairs =
          new DuplicateSearch(
                  device, SearchSet.searched(training, null, 1, stage -> done -> {}), K, EXACT)
              .of(SearchSet.queried(evaluation, null, 1, stage -> done -> {}), done -> {});
      assertThat(pairs)
          .containsExactly(
              new Pair(0, 1, PairSource.BYTES, 1, false, Double.NaN),
              new Pair(1, 2, PairSource.BYTES, 1, false, Double.NaN));
      assertThat(training.bad().first().get(0)).contains("a: 1.jpg: ");
      assertThat(evaluation.bad().count()).isEqualTo(1);
    }
  }

  @Test
  void plainAreasAreNoDuplicatesUnlessTheirFilesAre() throws IOException {
    List<byte[]> plain = new ArrayList<>();
    for (int gray : new int[] {10, 120, 121}) {
      BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < 1600; i++) {
        image.setRGB(i % 40, i / 40, gray * 0x010101);
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(image, "jpeg", bytes);
      plain.add(bytes.toByteArray());
    }
    Samples samples = Pictures.write(folder.resolve("plain"), plain);
    try (Device device = Device.open("cpu")) {
      SearchSet set = SearchSet.queried(samples, null, 1, stage -> done -> {});
      assertThat(set.prints().plain()).isEqualTo(3);
      assertThat(new DuplicateSearch(device, set, K, EXACT).within(done -> {})).isEmpty();
    }
  }

  @Test
  void withinASetEveryPairIsFoundOnceAndTheLargestIsKept() throws IOException {
    byte[] small = Pictures.jpeg(3);
    Samples copies = Pictures.write(folder.resolve("one"), List.of(small));
    PlantedDuplicates planted = PlantedDuplicates.of(copies, 1, 2, folder.resolve("planted"));
    byte[] resized = planted.samples().get(planted.kinds().indexOf(Kind.RESIZED)).load();
    byte[] mirrored = planted.samples().get(planted.kinds().indexOf(Kind.MIRRORED)).load();
    Samples samples =
        Pictures.write(
            folder.resolve("set"),
            List.of(Pictures.jpeg(8), small, mirrored, Pictures.jpeg(9), small, resized));
    try (Device device = Device.open("cpu")) {
      SearchSet set = SearchSet.queried(samples, null, 2, stage -> done -> {});
      assertThat(set.prints().plain()).isZero();
      List<Pair> pairs = new DuplicateSearch(device, set, K, EXACT).within(done -> {});
      assertThat(pairs).allSatisfy(pair -> assertThat(pair.match()).isLessThan(pair.query()));
      assertThat(pairs.stream().map(pair -> List.of(pair.query(), pair.match())))
          .doesNotHaveDuplicates()
          .contains(List.of(2, 1), List.of(4, 1), List.of(5, 1));
      assertThat(
              pairs.stream().filter(pair -> pair.query() == 2).findFirst().orElseThrow().mirrored())
          .isTrue();
      DuplicateGroups groups = DuplicateGroups.of(set.prints(), pairs, 0.7);
      long pixelsOfResized = set.prints().pixels(5);
      int kept =
          pixelsOfResized > 64 * 48
              ? 5
              : set.prints().samples().get(2).bytes() > small.length ? 2 : 1;
      assertThat(groups.groups()).hasSize(1);
      assertThat(groups.groups().get(0).get(0)).isEqualTo(kept);
      assertThat(groups.groups().get(0)).containsExactlyInAnyOrder(1, 2, 4, 5);
      assertThat(groups.dropped()).hasSize(3).doesNotContain(kept).isSorted();
      groups.writeDropList(set.prints(), folder.resolve("drop.txt"));
      assertThat(Files.readAllLines(folder.resolve("drop.txt")))
          .hasSize(3)
          .first()
          .asString()
          .matches("set\t\\d\\.jpg");
      assertThat(DuplicateGroups.of(set.prints(), pairs, 1).groups())
          .containsExactly(List.of(1, 4));
    }
  }

  @Test
  void aNetworkProposesPairsToo() throws IOException {
    Samples samples = Pictures.write(folder.resolve("pictures"), 40);
    PlantedDuplicates copies = PlantedDuplicates.of(samples, 40, 1, folder.resolve("copies"));
    ResNeXt architecture = ResNeXt.of("resnext14_2x8d_w8", 3).withStem(Stem.SMALL);
    try (Device device = Device.open("cpu");
        Network network = architecture.on(device).initialize(1)) {
      SearchSet.Describer describer = new SearchSet.Describer(network, DType.F32, 32, 16);
      Map<String, Long> heard = new ConcurrentHashMap<>();
      Function<String, LongConsumer> stages = stage -> done -> heard.merge(stage, done, Math::max);
      SearchSet searched = SearchSet.searched(samples, describer, 2, stages);
      assertThat(heard).isEqualTo(Map.of("reading", 40L, "describing", 40L));
      SearchSet queries = SearchSet.queried(copies.samples(), describer, 2, stages);
      long all = copies.samples().size();
      assertThat(heard).isEqualTo(Map.of("reading", all, "describing", all, "mirroring", all));
      DuplicateSearch search = new DuplicateSearch(device, searched, 5, EXACT);
      List<Pair> pairs = search.of(queries, done -> {});
      Pair mirrored =
          pairs.stream()
              .filter(pair -> pair.query() == copies.kinds().indexOf(Kind.MIRRORED))
              .findFirst()
              .orElseThrow();
      assertThat(mirrored.match()).isZero();
      // Described mirrored, it is its image but for the encoder.
      assertThat(mirrored.feature()).isCloseTo(1, within(0.01));
      SearchSet bare = SearchSet.queried(copies.samples(), null, 2, stage -> done -> {});
      assertThatThrownBy(() -> search.of(bare, done -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("have features of a network");
    }
  }

  @Test
  void mirroringAnImageMirrorsItsHash() throws IOException {
    Samples samples = Pictures.write(folder.resolve("a"), 1);
    byte[] luma = Objects.requireNonNull(Fingerprints.of(samples, 1, done -> {}).luma(0));
    byte[] mirrored = new byte[luma.length];
    for (int i = 0; i < luma.length; i++) {
      mirrored[i] = luma[i - i % 32 + 31 - i % 32];
    }
    long hash = PerceptualHash.of(luma);
    assertThat(PerceptualHash.of(mirrored))
        .isEqualTo(PerceptualHash.mirrored(hash))
        .isNotEqualTo(hash);
    assertThat(PerceptualHash.distance(hash, PerceptualHash.mirrored(hash))).isEqualTo(32);
  }

  @Test
  void impossibleValuesAreRefused() throws IOException {
    Samples samples = Pictures.write(folder.resolve("a"), 1);
    SearchSet set = SearchSet.searched(samples, null, 1, stage -> done -> {});
    try (Device device = Device.open("cpu")) {
      assertThatThrownBy(() -> new DuplicateSearch(device, set, 0, EXACT))
          .hasMessage("k is 0, but must be >= 1");
    }
    assertThatThrownBy(() -> PlantedDuplicates.of(samples, 0, 1, folder.resolve("x")))
        .hasMessage("images is 0, but must be >= 1");
    Samples broken = Pictures.write(folder.resolve("b"), List.of(new byte[] {1, 2, 3}));
    assertThatThrownBy(() -> PlantedDuplicates.of(broken, 1, 1, folder.resolve("x")))
        .hasMessageContaining("none of the 1 images");
  }
}
