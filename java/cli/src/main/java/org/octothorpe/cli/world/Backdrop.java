package org.octothorpe.cli.world;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import org.octothorpe.random.Philox;

/** The scenes behind the things. All are painted on the unit square, y down. */
enum Backdrop {
  BEACH("beach seaside summer", 0x8fc8f0, 0xe8f4fc, 0xe8d49a),
  FOREST("forest hiking", 0x2f5a34, 0x7fa86a, 0x4a3c22),
  CITY("city urban streets", 0xa9b4c0, 0xd8dce0, 0x60646a),
  NIGHT("night nightsky", 0x0b1030, 0x283060, 0x181a20),
  SNOW("snow winter", 0xb0c4d8, 0xe4ecf4, 0xf4f6fa),
  ROOM("indoors interior", 0xd8c0a0, 0xf0e4d0, 0x8a6040),
  SUNSET("sunset goldenhour", 0x8a3a6a, 0xf8a848, 0x403038),
  MEADOW("meadow outdoors", 0x78b0e8, 0xc8e4f8, 0x5a9a3c);

  // Separated by spaces: an enum holds nothing that could change.
  private final String words;
  private final Color top;
  private final Color horizon;
  private final Color ground;

  Backdrop(String words, int top, int horizon, int ground) {
    this.words = words;
    this.top = new Color(top);
    this.horizon = new Color(horizon);
    this.ground = new Color(ground);
  }

  /** Returns one of the scenes. */
  static Backdrop draw(Philox random) {
    Backdrop[] all = values();
    return all[random.nextInt(all.length)];
  }

  /** Returns its hashtags, the most frequent first. */
  List<String> words() {
    return List.of(words.split(" "));
  }

  /** Paints the unit square. */
  void paint(Graphics2D graphics, Philox random) {
    float line = (float) random.nextDouble(0.4, 0.85);
    graphics.setPaint(
        new GradientPaint(0, 0, jitter(top, random), 0, line, jitter(horizon, random)));
    graphics.fill(new Rectangle2D.Float(0, 0, 1, line));
    Color near = jitter(ground, random);
    graphics.setPaint(new GradientPaint(0, line, near, 0, 1, near.darker()));
    graphics.fill(new Rectangle2D.Float(0, line, 1, 1 - line));
    int details = 4 + random.nextInt(7);
    for (int i = 0; i < details; i++) {
      detail(graphics, random, line);
    }
  }

  private void detail(Graphics2D graphics, Philox random, double line) {
    double x = random.nextDouble();
    double size = random.nextDouble();
    switch (this) {
      case FOREST -> fill(graphics, jitter(ground, random), x, 0, 0.02 + 0.06 * size, line + 0.05);
      case CITY -> {
        double height = line * (0.2 + 0.7 * size);
        double width = random.nextDouble(0.08, 0.25);
        fill(graphics, jitter(ground, random), x - 0.1, line - height, width, height);
      }
      case NIGHT -> dot(graphics, Color.WHITE, x, random.nextDouble(0, line), 0.004 + 0.012 * size);
      case SNOW -> dot(graphics, Color.WHITE, x, random.nextDouble(), 0.006 + 0.018 * size);
      case ROOM -> fill(graphics, jitter(top, random), x, 0, 0.02 + 0.03 * size, line);
      case BEACH, SUNSET -> {
        graphics.setPaint(jitter(top, random));
        graphics.setStroke(Strokes.THIN);
        double y = random.nextDouble(line * 0.7, line);
        graphics.draw(new Line2D.Double(x - 0.3 * size, y, x + 0.3 * size, y));
      }
      case MEADOW -> {
        graphics.setPaint(jitter(ground, random));
        graphics.setStroke(Strokes.THIN);
        double y = random.nextDouble(line, 1);
        graphics.draw(new Line2D.Double(x, y, x + 0.1 * (size - 0.5), y - 0.12));
      }
    }
  }

  private static void fill(
      Graphics2D graphics, Color color, double x, double y, double width, double height) {
    graphics.setPaint(color);
    graphics.fill(new Rectangle2D.Double(x, y, width, height));
  }

  private static void dot(Graphics2D graphics, Color color, double x, double y, double radius) {
    graphics.setPaint(color);
    graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  private static Color jitter(Color color, Philox random) {
    float gain = (float) random.nextDouble(0.75, 1.2);
    return new Color(
        channel(color.getRed() * gain, random),
        channel(color.getGreen() * gain, random),
        channel(color.getBlue() * gain, random));
  }

  private static int channel(float value, Philox random) {
    return Math.max(0, Math.min(255, Math.round(value) + random.nextInt(41) - 20));
  }

  /** Widths of lines, in the unit square. */
  private static final class Strokes {
    private static final java.awt.BasicStroke THIN = new java.awt.BasicStroke(0.015f);
  }
}
