package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Regional maxima, against regions laid out and summed by hand. */
class RegionalPoolingTest {
  @Test
  void aSinglePixelIsItsOwnRegion() {
    RegionalPooling pooling = new RegionalPooling(1, 1, 2);
    float[] vector = new float[3];
    assertThat(pooling.regions()).isEqualTo(1);
    pooling.pool(new float[] {9, 3, 4}, 1, vector, 1);
    assertThat(vector).containsExactly(0, 0.6f, 0.8f);
  }

  /** 2 x 2 pixels: the whole, each pixel; the third scale repeats these. */
  @Test
  void smallMapsHaveEachRegionOnce() {
    RegionalPooling pooling = new RegionalPooling(2, 2, 2);
    assertThat(pooling.regions()).isEqualTo(5);
    float[] vector = new float[2];
    pooling.pool(new float[] {3, 0, 0, 4, 0, 0, 5, 0}, 0, vector, 0);
    // Whole: (5,4) / sqrt(41); pixels: (1,0), (0,1), none, (1,0).
    double x = 2 + 5 / Math.sqrt(41);
    double y = 1 + 4 / Math.sqrt(41);
    assertThat((double) vector[0]).isCloseTo(x / Math.hypot(x, y), within(1e-6));
    assertThat((double) vector[1]).isCloseTo(y / Math.hypot(x, y), within(1e-6));
  }

  @Test
  void regionsOfALayerOfResNeXtAreThoseOfThePaper() {
    assertThat(new RegionalPooling(7, 7, 1).regions()).isEqualTo(1 + 4 + 9);
    // Along the longer side of 14 one or two more regions: 3 overlap by half, 2 not at all.
    assertThat(new RegionalPooling(7, 14, 1).regions()).isEqualTo(3 + 2 * 4 + 3 * 5);
    assertThat(new RegionalPooling(14, 7, 1).regions()).isEqualTo(3 + 2 * 4 + 3 * 5);
  }

  @Test
  void aMapOfZerosHasNoDirection() {
    float[] vector = {7, 7};
    new RegionalPooling(3, 3, 2).pool(new float[18], 0, vector, 0);
    assertThat(vector).containsExactly(0, 0);
  }

  @Test
  void emptyMapsAreRefused() {
    assertThatThrownBy(() -> new RegionalPooling(0, 7, 64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the map is [0, 7, 64], but each extent must be >= 1");
  }
}
