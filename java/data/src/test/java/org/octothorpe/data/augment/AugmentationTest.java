package org.octothorpe.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.octothorpe.random.Philox;

/** Where the crops of {@link Augmentation} fall, and how often. */
class AugmentationTest {
  private static final Philox RANDOM = Philox.of(1, "augmentation");

  @Test
  void randomCropsHaveTheStatisticsOfTheRecipe() {
    int n = 20_000;
    double area = 0;
    double logAspect = 0;
    int flips = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < n; i++) {
      View view = Augmentation.randomResizedCrop(0.08, 0.5).view(1000, 1000, 224, RANDOM.at(i));
      double share = view.width() * view.height() / 1e6;
      double aspect = (double) view.width() / view.height();
      assertThat(share)
          .isBetween(0.08 - 0.001, 0.5 + 0.001); // rounding to pixels: 1/282 in each extent at most
      assertThat(aspect).isBetween(0.75 - 0.005, 4.0 / 3 + 0.005);
      assertThat(view.x()).isBetween(0, 1000 - view.width());
      assertThat(view.y()).isBetween(0, 1000 - view.height());
      area += share / n;
      logAspect += Math.log(aspect) / n;
      flips += view.flip() ? 1 : 0;
      left += view.x() / (double) n;
      right += (1000 - view.width() - view.x()) / (double) n;
    }
    // No crop of at most half the area fails to fit, so the draws are uniform; 6 deviations of each
    // mean.
    assertThat(area).isEqualTo(0.29, within(6 * 0.42 / Math.sqrt(12.0 * n)));
    assertThat(logAspect).isEqualTo(0, within(6 * 2 * Math.log(4.0 / 3) / Math.sqrt(12.0 * n)));
    assertThat(flips / (double) n).isEqualTo(0.5, within(6 * 0.5 / Math.sqrt(n)));
    assertThat(left - right).isEqualTo(0, within(6 * 2 * 720 / Math.sqrt(12.0 * n)));
  }

  @Test
  void cropsOfExtremeImagesAreInside() {
    int[][] sizes = {
      {1, 1}, {1, 1000}, {1000, 1}, {3, 2}, {65_500, 1}, {640, 480}, {65_500, 65_500}
    };
    for (int[] size : sizes) {
      for (int i = 0; i < 200; i++) {
        for (Augmentation augmentation :
            new Augmentation[] {
              Augmentation.randomResizedCrop(),
              Augmentation.paddedCrop(4),
              Augmentation.centerCrop()
            }) {
          View view = augmentation.view(size[0], size[1], 32, RANDOM.at(i));
          assertThat(view.width()).isBetween(1, size[0]);
          assertThat(view.height()).isBetween(1, size[1]);
          assertThat(view.x()).isBetween(0, size[0] - view.width());
          assertThat(view.y()).isBetween(0, size[1] - view.height());
        }
      }
    }
  }

  @Test
  void paddedCropsShiftUniformly() {
    Map<String, Integer> counts = new HashMap<>();
    int n = 162 * 200;
    for (int i = 0; i < n; i++) {
      View view = Augmentation.paddedCrop(4).view(32, 32, 32, RANDOM.at(i));
      assertThat(new View(view.x(), view.y(), view.width(), view.height(), false, 0, 0))
          .isEqualTo(new View(0, 0, 32, 32, false, 0, 0));
      counts.merge(view.flip() + " " + view.shiftX() + " " + view.shiftY(), 1, Integer::sum);
    }
    assertThat(counts).hasSize(2 * 9 * 9);
    assertThat(counts.values())
        .allSatisfy(count -> assertThat(count).isBetween(200 - 85, 200 + 85)); // 6 sqrt(200)
    assertThat(Augmentation.paddedCrop(0).view(32, 32, 32, RANDOM).shiftX()).isZero();
  }

  @Test
  void evaluationTakesTheCenter() {
    Augmentation center = Augmentation.centerCrop();
    assertThat(center.view(32, 32, 32, RANDOM)).isEqualTo(new View(0, 0, 32, 32, false, 0, 0));
    assertThat(center.view(640, 480, 224, RANDOM))
        .isEqualTo(new View(110, 30, 420, 420, false, 0, 0)); // 480 * 224 / 256
    assertThat(center.view(256, 300, 224, RANDOM))
        .isEqualTo(new View(16, 38, 224, 224, false, 0, 0));
  }

  @Test
  void defaultsDependOnTheSize() {
    assertThat(Augmentation.forTraining(95).view(95, 95, 95, RANDOM.at(3)).width()).isEqualTo(95);
    assertThat(Augmentation.forTraining(96)).isEqualTo(Augmentation.randomResizedCrop());
  }

  @Test
  void rangesAreChecked() {
    assertThatThrownBy(() -> Augmentation.randomResizedCrop(0, 1))
        .hasMessageContaining("[0.0, 1.0]");
    assertThatThrownBy(() -> Augmentation.randomResizedCrop(0.5, 0.4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Augmentation.randomResizedCrop(0.5, 1.1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Augmentation.paddedCrop(-1)).hasMessageContaining("padding is -1");
  }
}
