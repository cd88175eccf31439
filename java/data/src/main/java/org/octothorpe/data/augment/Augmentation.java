package org.octothorpe.data.augment;

import org.octothorpe.random.Philox;

/** The choice of a {@link View} of an image, random or not. Safe from any thread. */
@FunctionalInterface
public interface Augmentation {

  /**
   * Chooses a view.
   *
   * @param width columns of the image
   * @param height rows of the image
   * @param size rows and columns of the result
   * @param random the image's own random numbers
   */
  View view(int width, int height, int size, Philox random);

  /**
   * The default of the paper: a random crop of 8 to 100 % of the area at aspect 3/4 to 4/3,
   * mirrored half the time.
   */
  static Augmentation randomResizedCrop() {
    return new RandomResizedCrop(0.08, 1);
  }

  /**
   * A random crop of a share of the area at aspect 3/4 to 4/3, mirrored half the time.
   *
   * @param minArea least share of the area, in (0, maxArea]
   * @param maxArea largest share of the area, at most 1
   */
  static Augmentation randomResizedCrop(double minArea, double maxArea) {
    return new RandomResizedCrop(minArea, maxArea);
  }

  /**
   * The usual one for small images: resized to the target, padded with black on all sides, a random
   * crop of the target's size, mirrored half the time.
   *
   * @param padding pixels, >= 0
   */
  static Augmentation paddedCrop(int padding) {
    if (padding < 0) {
      throw new IllegalArgumentException(
          "augmentation: padding is " + padding + ", but must be >= 0");
    }
    return (width, height, size, random) -> {
      View square =
          width == size && height == size
              ? new View(0, 0, width, height, false, 0, 0)
              : center(width, height, 1);
      boolean flip = random.nextInt(2) == 1;
      int shiftX = random.nextInt(2 * padding + 1) - padding;
      int shiftY = random.nextInt(2 * padding + 1) - padding;
      return new View(
          square.x(), square.y(), square.width(), square.height(), flip, shiftX, shiftY);
    };
  }

  /**
   * The one for evaluation, without chance: the shorter side resized to 256/224 of the target (an
   * image of the target's size is taken as it is), then the crop in the center.
   */
  static Augmentation centerCrop() {
    return (width, height, size, random) ->
        width == size && height == size
            ? new View(0, 0, width, height, false, 0, 0)
            : center(width, height, 224.0 / 256);
  }

  /**
   * The whole image, stretched to a square, without chance: for comparing images with each other.
   *
   * @param mirrored whether left and right change places
   */
  static Augmentation whole(boolean mirrored) {
    return (width, height, size, random) -> new View(0, 0, width, height, mirrored, 0, 0);
  }

  /**
   * The default for training at an image size: {@link #paddedCrop} of 4 below 96 pixels, else
   * {@link #randomResizedCrop()}.
   */
  static Augmentation forTraining(int size) {
    return size < 96 ? paddedCrop(4) : randomResizedCrop();
  }

  private static View center(int width, int height, double share) {
    int side = Math.max(1, (int) Math.rint(Math.min(width, height) * share));
    return new View((width - side) / 2, (height - side) / 2, side, side, false, 0, 0);
  }
}
