package org.octothorpe.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossPlotTest {
  private static LossCurve falling(int steps) {
    LossCurve curve = new LossCurve();
    for (int i = 0; i < steps; i++) {
      double rate = 0.1 * Math.min(1, i / 20.0) * (steps - i) / steps;
      curve.add(64L * (i + 1), 1 + 3 * Math.exp(-i / 100.0) + 0.3 * Math.sin(i * 12.9898), rate);
    }
    return curve;
  }

  @Test
  void drawsBothCurves(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("loss.png");
    LossPlot.write(file, "title", falling(4000));
    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image.getWidth()).isEqualTo(1000);
    assertThat(count(image, 0x1f5fa8)).as("smoothed loss").isGreaterThan(500);
    assertThat(count(image, 0xd98a2b)).as("learning rate").isGreaterThan(300);
    Set<Integer> colors = new HashSet<>();
    for (int x = 0; x < 1000; x++) {
      for (int y = 0; y < image.getHeight(); y++) {
        colors.add(image.getRGB(x, y));
      }
    }
    assertThat(colors).as("antialiased text has many shades").hasSizeGreaterThan(50);
  }

  @Test
  void drawsNothingOfOneStep(@TempDir Path folder) throws IOException {
    LossPlot.write(folder.resolve("loss.png"), "title", falling(1));
    assertThat(Files.exists(folder.resolve("loss.png"))).isFalse();
  }

  @Test
  void averagesTheEnds() {
    LossCurve curve = new LossCurve();
    for (int i = 0; i < 100; i++) {
      curve.add(i, i, 0.1);
    }
    // 2 % of 100 steps: 0 and 1, 98 and 99.
    assertThat(curve.start()).isEqualTo(0.5);
    assertThat(curve.end()).isEqualTo(98.5);
    // A straight line stays one where the window is whole.
    assertThat(curve.smooth()[50]).isCloseTo(50, within(1e-12));
    assertThat(new LossCurve().end()).isNaN();
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
