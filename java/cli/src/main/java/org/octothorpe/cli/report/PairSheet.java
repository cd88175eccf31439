package org.octothorpe.cli.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A grid of pairs of images, side by side, for the eye to judge. */
public final class PairSheet {
  /**
   * A pair.
   *
   * @param left of any size; null if it cannot be drawn
   * @param caption a line about the pair
   * @param accepted whether it counts as a pair of duplicates
   */
  public record Cell(
      @Nullable BufferedImage left,
      @Nullable BufferedImage right,
      String caption,
      boolean accepted) {}

  /** Rows and columns in which an image is drawn. */
  public static final int IMAGE = 112;

  private static final int COLUMNS = 4;
  private static final int GAP = 14;
  private static final int CAPTION = 22;
  private static final int HEADER = 58;

  private static final Color PAPER = new Color(0xfafafa);
  private static final Color INK = new Color(0x222222);
  private static final Color FAINT = new Color(0x777777);
  private static final Color ACCEPTED = new Color(0x1b7f3b);
  private static final Color REFUSED = new Color(0xb03a2e);

  private PairSheet() {}

  /** Draws a sheet and writes it as a PNG file. */
  public static void write(Path file, String title, String explanation, List<Cell> cells)
      throws IOException {
    PngFile.write(file, draw(title, explanation, cells));
  }

  /** Draws a sheet. */
  static BufferedImage draw(String title, String explanation, List<Cell> cells) {
    int rows = (cells.size() + COLUMNS - 1) / COLUMNS;
    int width = GAP + COLUMNS * (2 * IMAGE + GAP);
    int height = HEADER + rows * (IMAGE + CAPTION + GAP);
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.setColor(PAPER);
    graphics.fillRect(0, 0, width, height);
    graphics.setColor(INK);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    graphics.drawString(title, GAP, 26);
    graphics.setColor(FAINT);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    graphics.drawString(explanation, GAP, 45);
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      int x = GAP + i % COLUMNS * (2 * IMAGE + GAP);
      int y = HEADER + i / COLUMNS * (IMAGE + CAPTION + GAP);
      image(graphics, cell.left(), x, y);
      image(graphics, cell.right(), x + IMAGE, y);
      graphics.setColor(cell.accepted() ? ACCEPTED : REFUSED);
      graphics.drawString(cell.caption(), x, y + IMAGE + 15);
      graphics.drawRect(x - 1, y - 1, 2 * IMAGE + 1, IMAGE + 1);
    }
    graphics.dispose();
    return sheet;
  }

  private static void image(Graphics2D graphics, @Nullable BufferedImage image, int x, int y) {
    if (image != null) {
      graphics.drawImage(image, x, y, IMAGE, IMAGE, null);
    } else {
      graphics.setColor(FAINT);
      graphics.drawString("cannot be drawn", x + 8, y + IMAGE / 2);
    }
  }
}
