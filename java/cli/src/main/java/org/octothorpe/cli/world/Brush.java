package org.octothorpe.cli.world;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.geom.Arc2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import org.octothorpe.random.Philox;

/** Draws one thing in its own coordinates: it fills [-1,1] x [-1,1], x to the right and y down. */
final class Brush {
  private final Graphics2D graphics;
  private final Philox random;
  private final Paint body;
  private final Color accent;
  private final Color line;

  /**
   * Makes a brush.
   *
   * @param graphics with the transform from the thing's coordinates to pixels
   * @param color of the body
   */
  Brush(Graphics2D graphics, Philox random, PaintColor color) {
    this.graphics = graphics;
    this.random = random;
    Color main = color.shade(random);
    this.body = texture(main, random);
    this.accent = PaintColor.any(random);
    this.line = random.nextInt(3) > 0 ? main.darker().darker() : PaintColor.any(random);
  }

  private static Paint texture(Color main, Philox random) {
    Color second = random.nextInt(2) == 0 ? main.darker() : main.brighter();
    double angle = random.nextDouble(0, Math.PI);
    float x = (float) Math.cos(angle);
    float y = (float) Math.sin(angle);
    return switch (random.nextInt(3)) {
      case 0 -> main;
      case 1 -> new GradientPaint(-x, -y, main, x, y, second, false);
      default -> {
        float period = (float) random.nextDouble(0.08, 0.3);
        yield new GradientPaint(0, 0, main, x * period, y * period, second, true);
      }
    };
  }

  /** Returns the stream that the thing's own variation is drawn from. */
  Philox random() {
    return random;
  }

  /** Draws from [low, high). */
  double vary(double low, double high) {
    return random.nextDouble(low, high);
  }

  /** The next shapes have the body's color and texture. */
  Brush body() {
    graphics.setPaint(body);
    return this;
  }

  /** The next shapes have the second color. */
  Brush accent() {
    graphics.setPaint(accent);
    return this;
  }

  /** The next shapes have the color of lines. */
  Brush line() {
    graphics.setPaint(line);
    return this;
  }

  /** The next shapes are nearly white. */
  Brush light() {
    graphics.setPaint(new Color(0.95f, 0.96f, 0.9f));
    return this;
  }

  Brush ellipse(double x, double y, double rx, double ry) {
    graphics.fill(new Ellipse2D.Double(x - rx, y - ry, 2 * rx, 2 * ry));
    return this;
  }

  /** An ellipse turned by {@code degrees} around its own center. */
  Brush ellipse(double x, double y, double rx, double ry, double degrees) {
    double angle = Math.toRadians(degrees);
    graphics.rotate(angle, x, y);
    ellipse(x, y, rx, ry);
    graphics.rotate(-angle, x, y);
    return this;
  }

  Brush box(double x0, double y0, double x1, double y1) {
    graphics.fill(new Rectangle2D.Double(x0, y0, x1 - x0, y1 - y0));
    return this;
  }

  Brush roundBox(double x0, double y0, double x1, double y1, double corner) {
    graphics.fill(new RoundRectangle2D.Double(x0, y0, x1 - x0, y1 - y0, corner, corner));
    return this;
  }

  /** A polygon of the corners (xy[0], xy[1]), (xy[2], xy[3]), and so on. */
  Brush polygon(double... xy) {
    Path2D path = new Path2D.Double();
    path.moveTo(xy[0], xy[1]);
    for (int i = 2; i < xy.length; i += 2) {
      path.lineTo(xy[i], xy[i + 1]);
    }
    path.closePath();
    graphics.fill(path);
    return this;
  }

  /** The upper half of an ellipse. */
  Brush dome(double x, double y, double rx, double ry) {
    graphics.fill(new Arc2D.Double(x - rx, y - ry, 2 * rx, 2 * ry, 0, 180, Arc2D.CHORD));
    return this;
  }

  Brush ring(double x, double y, double rx, double ry, double width) {
    graphics.setStroke(new BasicStroke((float) width));
    graphics.draw(new Ellipse2D.Double(x - rx, y - ry, 2 * rx, 2 * ry));
    return this;
  }

  Brush stroke(double x0, double y0, double x1, double y1, double width) {
    graphics.setStroke(
        new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(new Line2D.Double(x0, y0, x1, y1));
    return this;
  }
}
