package org.octothorpe.cli.world;

import java.awt.Color;
import java.util.Locale;
import org.octothorpe.random.Philox;

/** The colors that things come in, each a range of shades. */
enum PaintColor {
  RED(0.0, 0.85, 0.8),
  ORANGE(0.075, 0.9, 0.95),
  YELLOW(0.15, 0.85, 0.95),
  GREEN(0.33, 0.7, 0.6),
  BLUE(0.6, 0.8, 0.8),
  PURPLE(0.77, 0.6, 0.65),
  PINK(0.92, 0.45, 0.95),
  WHITE(0.1, 0.05, 0.97),
  GREY(0.6, 0.07, 0.5),
  BROWN(0.07, 0.6, 0.45);

  private final double hue;
  private final double saturation;
  private final double brightness;

  PaintColor(double hue, double saturation, double brightness) {
    this.hue = hue;
    this.saturation = saturation;
    this.brightness = brightness;
  }

  /** Returns one of the colors. */
  static PaintColor draw(Philox random) {
    PaintColor[] all = values();
    return all[random.nextInt(all.length)];
  }

  /** Returns one of its shades. */
  Color shade(Philox random) {
    return hsb(
        hue + random.nextDouble(-0.025, 0.025),
        saturation * random.nextDouble(0.75, 1.15),
        brightness * random.nextDouble(0.75, 1.1));
  }

  /** Returns the hashtag. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns any color. */
  static Color any(Philox random) {
    return hsb(random.nextDouble(), random.nextDouble(0.1, 0.9), random.nextDouble(0.15, 1));
  }

  private static Color hsb(double h, double s, double b) {
    return Color.getHSBColor((float) h, (float) Math.min(1, s), (float) Math.min(1, b));
  }
}
