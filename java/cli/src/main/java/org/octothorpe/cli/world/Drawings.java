package org.octothorpe.cli.world;

/** How each thing is drawn; no two of a class are alike. */
final class Drawings {
  private Drawings() {}

  /** Draws a thing. */
  static void draw(Thing thing, Brush brush) {
    switch (thing) {
      case FISH -> fish(brush);
      case BIRD -> bird(brush);
      case BUTTERFLY -> butterfly(brush);
      case CAR -> car(brush);
      case BOAT -> boat(brush);
      case TREE -> tree(brush);
      case FLOWER -> flower(brush);
      case MUSHROOM -> mushroom(brush);
      case HOUSE -> house(brush);
      case CUP -> cup(brush);
    }
  }

  private static void fish(Brush b) {
    double height = b.vary(0.28, 0.55);
    double tail = b.vary(0.25, 0.5);
    b.body().polygon(0.35, 0, 0.98, -tail, b.vary(0.7, 0.9), 0, 0.98, tail);
    b.accent().polygon(-0.3, -height * 0.7, b.vary(0.0, 0.2), -height - 0.3, 0.3, -height * 0.6);
    b.body().ellipse(-0.15, 0, 0.75, height);
    b.accent().polygon(-0.1, 0.05, 0.25, b.vary(0.2, 0.4), 0.2, 0);
    b.light().ellipse(-0.6, -0.08, 0.11, 0.11);
    b.line().ellipse(-0.62, -0.08, 0.06, 0.06);
  }

  private static void bird(Brush b) {
    double belly = b.vary(0.32, 0.5);
    b.line().stroke(-0.1, belly, -0.15, 0.9, 0.07).stroke(0.15, belly, 0.12, 0.9, 0.07);
    b.body().polygon(0.3, -0.05, 0.98, b.vary(-0.3, 0.1), 0.9, b.vary(0.1, 0.35), 0.25, 0.3);
    b.body().ellipse(0, 0.1, 0.55, belly, 15);
    double head = b.vary(0.22, 0.32);
    double up = b.vary(-0.6, -0.35);
    b.accent().polygon(-0.65, up - 0.1, b.vary(-1, -0.85), up + 0.05, -0.65, up + 0.14);
    b.body().ellipse(-0.45, up, head, head);
    b.accent().ellipse(0.12, 0.05, 0.38, b.vary(0.15, 0.28), b.vary(5, 40));
    b.line().ellipse(-0.53, up - 0.05, 0.07, 0.07);
  }

  private static void butterfly(Brush b) {
    double spread = b.vary(0.32, 0.46);
    double tilt = b.vary(20, 50);
    double lower = b.vary(0.22, 0.34);
    for (int side = -1; side <= 1; side += 2) {
      b.body().ellipse(side * 0.46, -0.3, spread, b.vary(0.26, 0.4), side * -tilt);
      b.body().ellipse(side * 0.38, 0.38, lower, b.vary(0.24, 0.4), side * tilt);
      b.accent().ellipse(side * 0.52, -0.32, 0.15, 0.12);
      b.accent().ellipse(side * 0.4, 0.4, 0.11, 0.11);
      b.line().stroke(0, -0.5, side * 0.25, -0.92, 0.05);
    }
    b.line().ellipse(0, 0, 0.09, 0.6);
  }

  private static void car(Brush b) {
    double roof = b.vary(-0.55, -0.3);
    double front = b.vary(-0.6, -0.4);
    double back = b.vary(0.35, 0.75);
    b.body().polygon(front - 0.2, 0.02, front + 0.12, roof, back - 0.1, roof, back + 0.12, 0.02);
    b.light().polygon(front, 0, front + 0.18, roof + 0.1, -0.03, roof + 0.1, -0.03, 0);
    b.light().polygon(0.07, 0, 0.07, roof + 0.1, back - 0.15, roof + 0.1, back, 0);
    b.body().roundBox(-0.97, -0.02, 0.97, 0.42, 0.3);
    double wheel = b.vary(0.18, 0.26);
    for (double x : new double[] {-0.55, 0.55}) {
      b.line().ellipse(x, 0.42, wheel, wheel);
      b.light().ellipse(x, 0.42, wheel * 0.45, wheel * 0.45);
    }
    b.accent().ellipse(-0.9, 0.12, 0.08, 0.08);
  }

  private static void boat(Brush b) {
    double mast = b.vary(-0.2, 0.2);
    double deck = b.vary(0.25, 0.4);
    b.line().stroke(mast, deck, mast, -0.95, 0.07);
    b.accent().polygon(mast + 0.07, -0.9, mast + 0.07, deck - 0.1, b.vary(0.6, 0.95), deck - 0.1);
    if (b.random().nextInt(3) > 0) {
      b.light().polygon(mast - 0.07, -0.7, mast - 0.07, deck - 0.1, b.vary(-0.8, -0.4), deck - 0.1);
    }
    b.body().polygon(-0.97, deck, 0.97, deck, b.vary(0.5, 0.75), 0.85, b.vary(-0.75, -0.5), 0.85);
    b.line().stroke(-0.9, deck + 0.12, 0.9, deck + 0.12, 0.05);
  }

  private static void tree(Brush b) {
    double trunk = b.vary(0.08, 0.17);
    b.line().box(-trunk, 0.1, trunk, 0.98);
    if (b.random().nextInt(2) == 0) {
      double width = b.vary(0.5, 0.8);
      b.body().polygon(0, -0.98, width * 0.6, -0.35, -width * 0.6, -0.35);
      b.body().polygon(0, -0.7, width * 0.8, 0, -width * 0.8, 0);
      b.body().polygon(0, -0.35, width, 0.45, -width, 0.45);
    } else {
      for (int i = 0; i < 5; i++) {
        double size = b.vary(0.28, 0.42);
        b.body().ellipse(b.vary(-0.42, 0.42), b.vary(-0.55, 0.05), size, size);
      }
      b.accent().ellipse(b.vary(-0.3, 0.3), b.vary(-0.4, 0), 0.08, 0.08);
    }
  }

  private static void flower(Brush b) {
    int petals = 5 + b.random().nextInt(4);
    double y = b.vary(-0.4, -0.25);
    double ring = b.vary(0.3, 0.42);
    double length = b.vary(0.2, 0.3);
    b.line().stroke(0, y, b.vary(-0.15, 0.15), 0.98, 0.09);
    b.line().ellipse(b.vary(0.15, 0.28), 0.6, 0.25, 0.1, b.vary(-50, -20));
    double turn = b.vary(0, 360);
    for (int i = 0; i < petals; i++) {
      double degrees = turn + 360.0 * i / petals;
      double angle = Math.toRadians(degrees);
      b.body()
          .ellipse(
              ring * Math.cos(angle), y + ring * Math.sin(angle), length, length * 0.6, degrees);
    }
    double center = b.vary(0.13, 0.22);
    b.accent().ellipse(0, y, center, center);
  }

  private static void mushroom(Brush b) {
    double stem = b.vary(0.13, 0.28);
    double edge = b.vary(-0.05, 0.2);
    b.light().roundBox(-stem, edge - 0.1, stem, 0.95, 0.25);
    b.body().dome(0, edge, b.vary(0.65, 0.95), b.vary(0.6, 0.95));
    int dots = b.random().nextInt(5);
    for (int i = 0; i < dots; i++) {
      double size = b.vary(0.06, 0.13);
      b.accent().ellipse(b.vary(-0.45, 0.45), edge - b.vary(0.15, 0.45), size, size);
    }
  }

  private static void house(Brush b) {
    double wall = b.vary(0.55, 0.8);
    double eaves = b.vary(-0.25, 0.05);
    if (b.random().nextInt(2) == 0) {
      b.line().box(0.3, -0.8, 0.5, eaves);
    }
    b.body().box(-wall, eaves, wall, 0.9);
    b.accent().polygon(-wall - 0.15, eaves, b.vary(-0.2, 0.2), -0.95, wall + 0.15, eaves);
    double door = b.vary(-0.4, 0.1);
    b.line().box(door, 0.4, door + 0.26, 0.9);
    b.light().box(wall - 0.35, eaves + 0.2, wall - 0.12, eaves + 0.45);
    b.light().box(-wall + 0.1, eaves + 0.2, -wall + 0.33, eaves + 0.45);
  }

  private static void cup(Brush b) {
    double top = b.vary(0.45, 0.62);
    double bottom = top * b.vary(0.6, 1);
    double rim = b.vary(-0.5, -0.25);
    b.body().ring(top, b.vary(0.05, 0.2), 0.28, b.vary(0.24, 0.34), 0.13);
    b.body().polygon(-top, rim, top, rim, bottom, 0.75, -bottom, 0.75);
    b.body().ellipse(0, 0.75, bottom, 0.12);
    b.line().ellipse(0, rim, top, 0.15);
    b.accent().ellipse(0, rim, top * 0.85, 0.1);
    if (b.random().nextInt(2) == 0) {
      b.light().stroke(-0.15, -0.6, -0.05, -0.9, 0.06).stroke(0.15, -0.6, 0.22, -0.9, 0.06);
    }
  }
}
