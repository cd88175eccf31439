package org.octothorpe.cli.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A grid of images, each with the tags that it has and the tags that a network predicts. */
public final class ContactSheet {
  /** A tag and the probability that the network gives it. */
  public record Prediction(String tag, double probability) {}

  /**
   * One image of the sheet.
   *
   * @param image of any size
   * @param tags what it is tagged with
   * @param right predicted tags in this set are drawn as right; often the same as {@code tags}
   * @param predictions the most probable first
   */
  public record Cell(
      BufferedImage image, List<String> tags, Set<String> right, List<Prediction> predictions) {}

  /** Rows and columns in which an image is drawn. */
  public static final int IMAGE = 144;

  private static final int COLUMNS = 6;
  private static final int GAP = 16;
  private static final int LINE = 17;
  private static final int PREDICTIONS = 3;
  private static final int CAPTION = LINE * (1 + PREDICTIONS) + 8;
  private static final int HEADER = 58;

  private static final Color PAPER = new Color(0xfafafa);
  private static final Color CARD = Color.WHITE;
  private static final Color EDGE = new Color(0xdddddd);
  private static final Color INK = new Color(0x222222);
  private static final Color FAINT = new Color(0x777777);
  private static final Color RIGHT = new Color(0x1b7f3b);
  private static final Color RIGHT_BAR = new Color(0xd3eed9);
  private static final Color OTHER_BAR = new Color(0xe9e9ee);

  private ContactSheet() {}

  /** Draws a sheet and writes it as a PNG file. */
  public static void write(Path file, String title, List<Cell> cells) throws IOException {
    PngFile.write(file, draw(title, cells));
  }

  /** Draws a sheet. */
  static BufferedImage draw(String title, List<Cell> cells) {
    int rows = (cells.size() + COLUMNS - 1) / COLUMNS;
    int width = GAP + COLUMNS * (IMAGE + GAP);
    int height = HEADER + rows * (IMAGE + CAPTION + GAP);
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.setColor(PAPER);
    graphics.fillRect(0, 0, width, height);
    header(graphics, title);
    for (int i = 0; i < cells.size(); i++) {
      int x = GAP + i % COLUMNS * (IMAGE + GAP);
      int y = HEADER + i / COLUMNS * (IMAGE + CAPTION + GAP);
      cell(graphics, cells.get(i), x, y);
    }
    graphics.dispose();
    return sheet;
  }

  private static void header(Graphics2D graphics, String title) {
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    graphics.setColor(INK);
    graphics.drawString(title, GAP, 26);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    graphics.setColor(FAINT);
    graphics.drawString(
        "first line: the tags that people wrote; bars: the network's most probable tags,"
            + " green where it names what the image shows",
        GAP,
        45);
  }

  private static void cell(Graphics2D graphics, Cell cell, int x, int y) {
    graphics.setColor(CARD);
    graphics.fillRect(x, y, IMAGE, IMAGE + CAPTION);
    graphics.drawImage(cell.image(), x, y, IMAGE, IMAGE, null);
    int line = y + IMAGE + LINE - 3;
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    graphics.setColor(FAINT);
    String tags = cell.tags().isEmpty() ? "(no tag)" : "#" + String.join(" #", cell.tags());
    graphics.drawString(fit(graphics, tags, IMAGE - 8), x + 4, line);
    int shown = Math.min(PREDICTIONS, cell.predictions().size());
    for (int i = 0; i < shown; i++) {
      line += LINE;
      prediction(graphics, cell.predictions().get(i), cell.right(), x, line);
    }
    graphics.setColor(EDGE);
    graphics.drawRect(x, y, IMAGE - 1, IMAGE + CAPTION - 1);
  }

  private static void prediction(
      Graphics2D graphics, Prediction prediction, Set<String> rightTags, int x, int line) {
    boolean right = rightTags.contains(prediction.tag());
    int bar = (int) Math.round((IMAGE - 8) * Math.min(1, prediction.probability()));
    graphics.setColor(right ? RIGHT_BAR : OTHER_BAR);
    graphics.fillRect(x + 4, line - LINE + 6, Math.max(bar, 2), LINE - 3);
    graphics.setFont(new Font(Font.SANS_SERIF, right ? Font.BOLD : Font.PLAIN, 12));
    graphics.setColor(right ? RIGHT : INK);
    String percent = String.format(Locale.ROOT, "%.0f %%", 100 * prediction.probability());
    int percentWidth = graphics.getFontMetrics().stringWidth(percent);
    graphics.drawString(percent, x + IMAGE - 6 - percentWidth, line);
    graphics.drawString(
        fit(graphics, "#" + prediction.tag(), IMAGE - 18 - percentWidth), x + 6, line);
  }

  /** Returns the text, cut with an ellipsis if it is wider than {@code width} pixels. */
  private static String fit(Graphics2D graphics, String text, int width) {
    FontMetrics metrics = graphics.getFontMetrics();
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    int length = text.length();
    while (length > 1 && metrics.stringWidth(text.substring(0, length) + "\u2026") > width) {
      length--;
    }
    return text.substring(0, length) + "\u2026";
  }
}
