package org.octothorpe.data.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.Library;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.augment.View;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.random.Philox;

/** Pixels of {@link ImageReader} against ImageIO, and what it refuses. */
class ImageReaderTest {
  private static final Philox RANDOM = Philox.of(1, "test");

  static {
    Library.load();
  }

  @TempDir Path dir;

  private Sample sample(byte[] jpeg) throws IOException {
    Path file = Files.write(dir.resolve("a.jpg"), jpeg);
    return new Sample(file, "a.jpg", 0, jpeg.length, List.of(), 0);
  }

  private byte[] read(byte[] jpeg, int size, Augmentation augmentation) throws Exception {
    byte[] before = new byte[10 + 3 * size * size];
    Arrays.fill(before, (byte) 77);
    byte[] after = new byte[before.length];
    ByteBuffer all = ByteBuffer.allocateDirect(before.length).put(before).position(5);
    PixelBuffer pixels = PixelBuffer.at(all);
    try (ImageReader reader = new ImageReader(size, augmentation)) {
      reader.read(sample(jpeg), RANDOM, pixels);
      assertThat(pixels.pointer().position()).isZero(); // ready for the next image
      all.get(0, after);
    }
    assertThat(Arrays.copyOf(after, 5)).containsOnly(77);
    assertThat(Arrays.copyOfRange(after, after.length - 5, after.length)).containsOnly(77);
    return Arrays.copyOfRange(after, 5, after.length - 5);
  }

  @Test
  void pixelsEqualThoseOfImageIo() throws Exception {
    for (int type : new int[] {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_BYTE_GRAY}) {
      for (int seed = 0; seed < 5; seed++) {
        BufferedImage picture = new BufferedImage(48, 48, type);
        picture.createGraphics().drawImage(TestImages.picture(48, 48, seed), 0, 0, null);
        byte[] jpeg = TestImages.jpeg(picture);
        BufferedImage expected = ImageIO.read(new ByteArrayInputStream(jpeg));
        byte[] actual = read(jpeg, 48, Augmentation.centerCrop());
        long sum = 0;
        for (int i = 0; i < 48 * 48; i++) {
          // The raster of a gray image: getRGB would convert between the color spaces of Java's
          // gray and of sRGB.
          int[] pixel = expected.getRaster().getPixel(i % 48, i / 48, new int[4]);
          for (int c = 0; c < 3; c++) {
            int want = expected.getRaster().getNumBands() == 1 ? pixel[0] : pixel[c];
            int difference = Math.abs(want - (actual[3 * i + c] & 0xFF));
            // ImageIO's libjpeg 6b and libjpeg-turbo compute the same integer transform and the
            // same smooth chroma upsampling.
            assertThat(difference).isLessThanOrEqualTo(1);
            sum += difference;
          }
        }
        assertThat(sum).isLessThan(3 * 48 * 48 / 50);
      }
    }
  }

  @Test
  void shiftsFillWithBlack() throws Exception {
    byte[] jpeg = TestImages.jpeg(16, 16, 1);
    byte[] plain = read(jpeg, 16, (w, h, s, r) -> new View(0, 0, w, h, false, 0, 0));
    byte[] mirrored = read(jpeg, 16, (w, h, s, r) -> new View(0, 0, w, h, true, 0, 0));
    for (int[] shift : new int[][] {{3, 0}, {-4, 2}, {0, -5}, {16, 0}, {0, -20}, {-15, 15}}) {
      byte[] shifted =
          read(jpeg, 16, (w, h, s, r) -> new View(0, 0, w, h, false, shift[0], shift[1]));
      for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 16; x++) {
          int fromX = x - shift[0];
          int fromY = y - shift[1];
          boolean inside = fromX >= 0 && fromX < 16 && fromY >= 0 && fromY < 16;
          for (int c = 0; c < 3; c++) {
            assertThat(shifted[3 * (16 * y + x) + c])
                .isEqualTo(inside ? plain[3 * (16 * fromY + fromX) + c] : 0);
            assertThat(mirrored[3 * (16 * y + x) + c]).isEqualTo(plain[3 * (16 * y + 15 - x) + c]);
          }
        }
      }
    }
  }

  @Test
  void unusableImagesSayWhy() throws IOException {
    byte[] jpeg = TestImages.jpeg(64, 64, 1);
    assertThatThrownBy(() -> read(TestImages.truncated(jpeg), 32, Augmentation.centerCrop()))
        .isInstanceOf(ImageReader.UnusableImage.class)
        .hasMessage("jpeg: truncated: the end-of-image marker is missing");
    assertThatThrownBy(
            () ->
                read(
                    TestImages.claiming(jpeg, 50_000, 50_000),
                    32,
                    Augmentation.randomResizedCrop()))
        .isInstanceOf(ImageReader.UnusableImage.class)
        .hasMessage("jpeg: the header claims 50000x50000 pixels; at most 100000000 are allowed");
    assertThatThrownBy(
            () ->
                read(
                    "no jpeg".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    32,
                    Augmentation.centerCrop()))
        .isInstanceOf(ImageReader.UnusableImage.class)
        .hasMessage("it is neither JPEG, PNG nor WebP");
    assertThatThrownBy(() -> read(new byte[0], 32, Augmentation.centerCrop()))
        .isInstanceOf(ImageReader.UnusableImage.class);
    Sample beyond = new Sample(sample(jpeg).file(), "a.jpg", 0, jpeg.length + 1, List.of(), 0);
    Sample missing = new Sample(dir.resolve("gone.jpg"), "gone.jpg", 0, 10, List.of(), 0);
    PixelBuffer pixels = PixelBuffer.ofSize(32);
    try (ImageReader reader = new ImageReader(32, Augmentation.centerCrop())) {
      assertThatThrownBy(() -> reader.read(beyond, RANDOM, pixels))
          .isInstanceOf(ImageReader.UnusableImage.class)
          .hasMessageContaining("the file ends at byte " + jpeg.length);
      assertThatThrownBy(() -> reader.read(missing, RANDOM, pixels))
          .isInstanceOf(ImageReader.UnusableImage.class)
          .hasMessage("it cannot be read: there is no such file");
    }
  }
}
