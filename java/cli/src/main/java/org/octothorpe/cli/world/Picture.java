package org.octothorpe.cli.world;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.random.Philox;

/**
 * What one image shows: a scene, a main thing, up to two lesser ones, and clutter around and over
 * them.
 *
 * @param backdrop the scene
 * @param things the main thing first
 */
record Picture(Backdrop backdrop, List<Placed> things) {
  /**
   * A thing at its place.
   *
   * @param x center, in widths of the image
   * @param y center, in heights of the image
   * @param size half its extent, in widths of the image
   * @param degrees how far it is turned
   * @param stretch height over width
   * @param mirrored whether it looks to the right
   */
  record Placed(
      Thing thing,
      PaintColor color,
      double x,
      double y,
      double size,
      double degrees,
      double stretch,
      boolean mirrored) {}

  /** Composes a picture around a main thing. */
  static Picture compose(Thing main, Philox random) {
    Backdrop backdrop = main.backdrop(random);
    List<Placed> things = new ArrayList<>();
    things.add(place(main, random, 0.32, 0.48));
    Thing[] all = Thing.values();
    int others = random.nextInt(2);
    for (int i = 0; i < others; i++) {
      things.add(place(all[random.nextInt(all.length)], random, 0.09, 0.16));
    }
    return new Picture(backdrop, List.copyOf(things));
  }

  private static Placed place(Thing thing, Philox random, double least, double most) {
    double size = random.nextDouble(least, most);
    double margin = 0.75 * size;
    return new Placed(
        thing,
        thing.color(random),
        random.nextDouble(margin, 1 - margin),
        random.nextDouble(margin, 1 - margin),
        size,
        10 * random.nextGaussian(),
        random.nextDouble(0.8, 1.25),
        random.nextInt(2) == 0);
  }

  /** Returns the thing that the image is of. */
  Thing main() {
    return things.get(0).thing();
  }
}
