package org.octothorpe.data.augment;

import org.octothorpe.random.Philox;

/**
 * A crop of random area and aspect, as torchvision's: ten tries at a crop that fits, then the
 * largest of allowed aspect in the center.
 *
 * @param minArea least share of the image's area
 * @param maxArea largest share of the image's area
 */
record RandomResizedCrop(double minArea, double maxArea) implements Augmentation {
  private static final double MAX_ASPECT = 4.0 / 3;
  private static final int TRIES = 10;

  /** Checks the range. */
  public RandomResizedCrop {
    if (!(minArea > 0 && minArea <= maxArea && maxArea <= 1)) {
      throw new IllegalArgumentException(
          "augmentation: the crop's area is in ["
              + minArea
              + ", "
              + maxArea
              + "], but must be in (0, 1], ascending");
    }
  }

  // StrictMath, so that crops are the same on every machine.
  @Override
  public View view(int width, int height, int size, Philox random) {
    boolean flip = random.nextInt(2) == 1;
    double logAspect = StrictMath.log(MAX_ASPECT);
    for (int i = 0; i < TRIES; i++) {
      double area = (double) width * height * random.nextDouble(minArea, maxArea);
      double aspect = StrictMath.exp(random.nextDouble(-logAspect, logAspect));
      int w = (int) Math.rint(StrictMath.sqrt(area * aspect));
      int h = (int) Math.rint(StrictMath.sqrt(area / aspect));
      if (w >= 1 && h >= 1 && w <= width && h <= height) {
        return new View(
            random.nextInt(width - w + 1), random.nextInt(height - h + 1), w, h, flip, 0, 0);
      }
    }
    int w = Math.min(width, Math.max(1, (int) Math.rint(height * MAX_ASPECT)));
    int h = Math.min(height, Math.max(1, (int) Math.rint(width * MAX_ASPECT)));
    return new View((width - w) / 2, (height - h) / 2, w, h, flip, 0, 0);
  }
}
