package org.octothorpe.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.report.ContactSheet.Cell;
import org.octothorpe.cli.report.ContactSheet.Prediction;

class ContactSheetTest {
  private static BufferedImage square(Color color) {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(color);
    graphics.fillRect(0, 0, 8, 8);
    graphics.dispose();
    return image;
  }

  private static Cell cell(Color color, Set<String> right) {
    return new Cell(
        square(color),
        List.of("cat", "averyveryverylonghashtagthatnoboxholds"),
        right,
        List.of(new Prediction("cat", 0.8), new Prediction("dog", 0.1)));
  }

  @Test
  void showsImagesAndText(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("sheet.png");
    ContactSheet.write(file, "title", Collections.nCopies(7, cell(Color.RED, Set.of("cat"))));
    BufferedImage sheet = ImageIO.read(file.toFile());
    Set<Integer> colors = new HashSet<>();
    int red = 0;
    for (int y = 0; y < sheet.getHeight(); y++) {
      for (int x = 0; x < sheet.getWidth(); x++) {
        int rgb = sheet.getRGB(x, y) & 0xffffff;
        colors.add(rgb);
        red += rgb == 0xff0000 ? 1 : 0;
      }
    }
    assertThat(red).isBetween(7 * 142 * 142, 7 * 144 * 144);
    assertThat(colors).as("antialiased text has many shades").hasSizeGreaterThan(30);
  }

  @Test
  void marksWhatIsRight() {
    BufferedImage right = ContactSheet.draw("t", List.of(cell(Color.RED, Set.of("cat"))));
    BufferedImage wrong = ContactSheet.draw("t", List.of(cell(Color.RED, Set.of())));
    assertThat(count(right, 0xd3eed9)).isGreaterThan(200);
    assertThat(count(wrong, 0xd3eed9)).isZero();
  }

  private static int count(BufferedImage image, int color) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xffffff) == color ? 1 : 0;
      }
    }
    return count;
  }
}
