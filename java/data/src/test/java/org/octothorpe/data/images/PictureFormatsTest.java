package org.octothorpe.data.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.Library;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.images.ImageReader.UnusableImage;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.random.Philox;

/**
 * Photographs that are not JPEG, whatever their names: the pixels of PNG and WebP, the rest by
 * name.
 */
class PictureFormatsTest {
  private static final int WIDTH = 16;
  private static final int HEIGHT = 12;

  // Of the picture of color(): lossless; lossy; lossless with transparency; lossy with transparency
  // and EXIF orientation 6; animated, with the mirrored picture as its second frame.
  private static final String WEBP_LOSSLESS =
      "UklGRioAAABXRUJQVlA4TB4AAAAvD8ACALmM6H/sIqL/ASEBYYT/dzV5HgYhJgC46i4=";
  private static final String WEBP_LOSSY =
      "UklGRmQAAABXRUJQVlA4IFgAAADQAgCdASoQAAwAAMASJbACdLoBQAKv/bYAJuIVd08AAP7/1Ot+RTXIXaKa4f5eqAgL5Qnq9YQWGE9Lbb34hNQ/5j35pXP+/J9+AF//0o+zVknJ7IO/gAAA";
  private static final String WEBP_LOSSLESS_ALPHA =
      "UklGRkQAAABXRUJQVlA4TDcAAAAvD8ACELmM6H/sIqL/AQVt2zABEf502x0A8zAIZNK2qQro2U1h0gZMd18BmUQtQh+hm8f7oyUwAA==";
  private static final String WEBP_LOSSY_ALPHA_EXIF =
      "UklGRs4AAABXRUJQVlA4WAoAAAAYAAAADwAACwAAQUxQSDEAAAABX0AmbRsSsHdpRMSeiA6EtO1kClOYwhRSSCGFFFJIIYX4rkNE/zNIimYwWWwOl8cHAFZQOCBUAAAAkAIAnQEqEAAMAADAEiWwAnS6AUABGAAm4hV3TwAA/v/U635FNchdoprh/l6oCAvlCer1hBYYT0ttvfiE1D/mPfYL/3q/vkx/9KPs1UzU+69OEEAARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==";
  private static final String WEBP_ANIMATED =
      "UklGRkwCAABXRUJQVlA4WAoAAAACAAAADwAACwAAQU5JTQYAAAAAAAAAAABBTk1GDAEAAAAAAAAAAA8AAAsAAGQAAAJWUDhM9AAAAC8PwAIA/0WYbTSIIpw/6r3nQSyYdM6fJMT5r0MKAAAAAAC7xwMAYgAABJPZtm3byLZt27Zt27bdmxH9DwCGITF4IlIKajpGFnYuXoBYptTojUwtrO0cXdy9fAXhWDKTLyqtqK5rbGnv6g2MZ8vN/uj04vru8eX963cIgaOwBMRklDT0TKwc3HxAiVylNTA2s7Sxd3L18PYTRuKpbEFxWWVNfVNrR3dfcDJfbQ+Ozy5v7p9eP77/RlAEGkdIQk5Fy8DMxsnDD5Iq1DpDE3MrWwdnN08ff1E0kc4VlpRX1TY0t3X29Iemi/Xu8OT86vbh+e3z539BTk1GDAEAAAAAAAAAAA8AAAsAAGQAAABWUDhM9AAAAC8PwAIA/0WYbTSIIpw/6r3nQSyYdM6fJMT5r0MKAAAAAAC7xwMAYgAABJPZtm3byLZt27Zt27bdmxH9j5eLnYWRjpqClAiPQcLAAF4vdxdHO2sLUyO9RikTC3y72lsa66orSovymWQsHOj9en95vLu+OD3ab5az8eCPm4OViZ6GkoyYAIuCQ4B83h6uTvY2lmbGBlqVXCL06+5obaqvqSwrLsim4pFg3/fH69P9zeXZ8cF2NZ8M/3k42ZgZaKnISQhxaAQUxO/j6ebsYGtlbmKoUyukIv+ezrbmhtqq8pLCXDoRDfX/fL49P9xenZ8c7taL6Wg=";

  static {
    Library.load();
  }

  @TempDir Path dir;

  private static int color(int x, int y) {
    return (((x * 15) & 255) << 16) | (((y * 20) & 255) << 8) | (((x + y) * 8) & 255);
  }

  private static BufferedImage picture(int type) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        image.setRGB(x, y, (((x * y * 3) & 255) << 24) | color(x, y)); // transparent here and there
      }
    }
    return image;
  }

  private static byte[] png(BufferedImage image, boolean interlaced) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ImageWriteParam parameters = writer.getDefaultWriteParam();
    parameters.setProgressiveMode(
        interlaced ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    }
    writer.dispose();
    return bytes.toByteArray();
  }

  private static byte[] webp(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  private Sample sample(byte[] file) throws IOException {
    Path path = Files.write(dir.resolve("a.jpg"), file);
    return new Sample(path, "a.jpg", 0, file.length, List.of(), 0);
  }

  private BufferedImage read(byte[] file) throws Exception {
    return DrawnImage.whole(sample(file));
  }

  private void assertPixels(byte[] file) throws Exception {
    BufferedImage image = read(file);
    assertThat(image.getWidth()).isEqualTo(WIDTH);
    assertThat(image.getHeight()).isEqualTo(HEIGHT);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        assertThat(image.getRGB(x, y) & 0xFFFFFF).as("%d,%d", x, y).isEqualTo(color(x, y));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pngGivesTheStoredBitsWithoutTransparency(boolean interlaced) throws Exception {
    assertPixels(png(picture(BufferedImage.TYPE_INT_RGB), interlaced));
    assertPixels(png(picture(BufferedImage.TYPE_INT_ARGB), interlaced));
    assertPixels(png(picture(BufferedImage.TYPE_4BYTE_ABGR), interlaced));
  }

  @Test
  void pngOfSixteenBitsGivesTheUpperEight() throws Exception {
    ColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(WIDTH, HEIGHT);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        for (int c = 0; c < 3; c++) {
          raster.setSample(x, y, c, (((color(x, y) >> (16 - 8 * c)) & 255) << 8) | 0xFF);
        }
      }
    }
    assertPixels(png(new BufferedImage(model, raster, false, null), false));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "4", "8", "16"})
  void grayPngOfAnyDepthIsRead(int bits) throws Exception {
    int type = bits == 16 ? BufferedImage.TYPE_USHORT_GRAY : BufferedImage.TYPE_BYTE_GRAY;
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    int most = (1 << Math.min(bits, 8)) - 1;
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int value = (x * 7 + y * 5) % (most + 1) * 255 / most;
        image.getRaster().setSample(x, y, 0, bits == 16 ? (value << 8) | 0x7F : value);
      }
    }
    byte[] file = bits >= 8 ? png(image, false) : packedGray(image, bits);
    BufferedImage read = read(file);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int value = (x * 7 + y * 5) % (most + 1) * 255 / most;
        assertThat(read.getRGB(x, y) & 0xFFFFFF).isEqualTo(value * 0x10101);
      }
    }
  }

  private static byte[] packedGray(BufferedImage image, int bits) throws IOException {
    WritableRaster raster =
        Raster.createPackedRaster(DataBuffer.TYPE_BYTE, WIDTH, HEIGHT, 1, bits, null);
    int most = (1 << bits) - 1;
    byte[] ramp = new byte[most + 1];
    for (int i = 0; i <= most; i++) {
      ramp[i] = (byte) (i * 255 / most);
    }
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        raster.setSample(x, y, 0, image.getRaster().getSample(x, y, 0) * most / 255);
      }
    }
    ColorModel model = new java.awt.image.IndexColorModel(bits, most + 1, ramp, ramp, ramp);
    return png(new BufferedImage(model, raster, false, null), false);
  }

  @Test
  void aPaletteGivesItsColorsAlsoWhereItIsTransparent() throws Exception {
    byte[] red = new byte[WIDTH * HEIGHT];
    byte[] green = new byte[WIDTH * HEIGHT];
    byte[] blue = new byte[WIDTH * HEIGHT];
    byte[] alpha = new byte[WIDTH * HEIGHT];
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, WIDTH, HEIGHT, 1, null);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      int rgb = color(i % WIDTH, i / WIDTH);
      red[i] = (byte) (rgb >> 16);
      green[i] = (byte) (rgb >> 8);
      blue[i] = (byte) rgb;
      alpha[i] = (byte) (i % 3 * 100);
      raster.setSample(i % WIDTH, i / WIDTH, 0, i);
    }
    ColorModel model =
        new java.awt.image.IndexColorModel(8, WIDTH * HEIGHT, red, green, blue, alpha);
    assertPixels(png(new BufferedImage(model, raster, false, null), false));
  }

  @Test
  void webpIsDecodedLosslessAndLossyAndTheFirstFrameOfAnAnimation() throws Exception {
    assertPixels(webp(WEBP_LOSSLESS));
    assertPixels(webp(WEBP_LOSSLESS_ALPHA));
    assertPixels(webp(WEBP_ANIMATED));
    assertNear(read(webp(WEBP_LOSSY)), false);
  }

  private static void assertNear(BufferedImage image, boolean turned) {
    double sum = 0;
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int rgb = turned ? image.getRGB(HEIGHT - 1 - y, x) : image.getRGB(x, y);
        for (int shift = 0; shift < 24; shift += 8) {
          sum += Math.abs(((rgb >> shift) & 255) - ((color(x, y) >> shift) & 255));
        }
      }
    }
    // The chroma of steep ramps is stored at half size: some levels are lost, but no edge is moved.
    assertThat(sum / (3 * WIDTH * HEIGHT)).isLessThan(8);
  }

  @Test
  void orientationIsAppliedInPngAndWebpToo() throws Exception {
    BufferedImage image = read(webp(WEBP_LOSSY_ALPHA_EXIF));
    assertThat(image.getWidth()).isEqualTo(HEIGHT);
    assertThat(image.getHeight()).isEqualTo(WIDTH);
    assertNear(image, true);
    byte[] exif = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0};
    byte[] turned = withChunk(png(picture(BufferedImage.TYPE_INT_RGB), false), "eXIf", exif);
    BufferedImage onItsHead = read(turned);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        assertThat(onItsHead.getRGB(WIDTH - 1 - x, HEIGHT - 1 - y) & 0xFFFFFF)
            .isEqualTo(color(x, y));
      }
    }
  }

  /** The file with another chunk before its end chunk. */
  private static byte[] withChunk(byte[] png, String type, byte[] content) {
    ByteBuffer bytes = ByteBuffer.allocate(png.length + 12 + content.length);
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    bytes.put(png, 0, png.length - 12).putInt(content.length).put(name).put(content);
    CRC32 sum = new CRC32();
    sum.update(name);
    sum.update(content);
    bytes.putInt((int) sum.getValue()).put(png, png.length - 12, 12);
    return bytes.array();
  }

  @Test
  void whatIsNotPixelsCannotBeAtFault() throws Exception {
    byte[] png = png(picture(BufferedImage.TYPE_INT_RGB), false);
    for (String type : List.of("iCCP", "tEXt", "iTXt", "zTXt", "gAMA", "tRNS", "eXIf", "cHRM")) {
      byte[] odd = withChunk(png, type, new byte[] {1, 2, 3});
      odd[odd.length - 13] ^= 1; // its check sum
      assertPixels(odd);
    }
    assertPixels(Arrays.copyOf(png, png.length + 500)); // behind the end
    assertPixels(Arrays.copyOf(webp(WEBP_LOSSLESS), 99));
  }

  private void assertRefused(byte[] file, String reason) {
    assertThatThrownBy(() -> read(file)).isInstanceOf(UnusableImage.class).hasMessage(reason);
  }

  @Test
  void damageIsNamed() throws Exception {
    byte[] png = png(picture(BufferedImage.TYPE_INT_RGB), false);
    assertRefused(Arrays.copyOf(png, png.length - 1), "png: truncated: the end chunk is missing");
    assertRefused(Arrays.copyOf(png, 60), "png: truncated in a chunk of " + length(png) + " bytes");
    assertRefused(Arrays.copyOf(png, 12), "png: truncated: the end chunk is missing");
    byte[] flipped = png.clone();
    flipped[60] ^= 4;
    assertRefused(flipped, "png: damaged: a check sum does not match");
    byte[] webp = webp(WEBP_LOSSY);
    assertRefused(Arrays.copyOf(webp, webp.length - 1), "webp: truncated");
    assertRefused(Arrays.copyOf(webp, 12), "webp: truncated");
    byte[] wrongSums = bomb(png, 40_000, 30_000);
    assertRefused(
        wrongSums, "png: the header claims 40000x30000 pixels; at most 100000000 are allowed");
    assertRefused(
        bomb(png, 0, 5), "png: the header claims 0x5 pixels; at most 100000000 are allowed");
    assertRefused(bomb(png, WIDTH, HEIGHT + 1), "png: damaged: its pixels cannot be decoded");
  }

  private static int length(byte[] png) {
    return ByteBuffer.wrap(png).getInt(33);
  }

  private static byte[] bomb(byte[] png, int width, int height) {
    byte[] bytes = png.clone();
    ByteBuffer.wrap(bytes).putInt(16, width).putInt(20, height);
    CRC32 sum = new CRC32();
    sum.update(bytes, 12, 17);
    ByteBuffer.wrap(bytes).putInt(29, (int) sum.getValue());
    return bytes;
  }

  @Test
  void damagedFilesAreDecodedOrRefusedAndNothingElse() throws Exception {
    Philox random = Philox.of(4, "damage");
    byte[] png = png(picture(BufferedImage.TYPE_INT_ARGB), true);
    List<byte[]> files =
        List.of(png, webp(WEBP_LOSSLESS), webp(WEBP_LOSSY_ALPHA_EXIF), webp(WEBP_ANIMATED));
    Set<String> reasons = new HashSet<>();
    for (int trial = 0; trial < 400; trial++) {
      byte[] damaged = files.get(trial % files.size()).clone();
      for (int i = 0; i <= trial % 3; i++) {
        damaged[12 + random.nextInt(damaged.length - 12)] = (byte) random.nextInt(256);
      }
      if (trial % 5 == 0) {
        damaged = Arrays.copyOf(damaged, 12 + random.nextInt(damaged.length - 12));
      }
      try {
        assertThat(read(damaged).getWidth()).isPositive();
      } catch (UnusableImage e) {
        reasons.add(String.valueOf(e.getMessage()));
      }
    }
    assertThat(reasons)
        .hasSizeGreaterThan(5)
        .allMatch(reason -> reason.matches("(png|webp): [a-zA-Z0-9 ,;:'x]+"));
  }

  @Test
  void theSamePictureAsJpegAndAsPngGivesNearlyTheSameView() throws Exception {
    BufferedImage picture = TestImages.picture(300, 200, 3);
    byte[] jpeg = TestImages.jpeg(picture);
    byte[] png = png(picture, false);
    for (Augmentation crop :
        List.of(
            Augmentation.centerCrop(),
            Augmentation.whole(true),
            Augmentation.paddedCrop(4),
            Augmentation.randomResizedCrop())) {
      byte[] a = view(jpeg, crop);
      byte[] b = view(png, crop);
      int sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += Math.abs((a[i] & 255) - (b[i] & 255));
      }
      assertThat((double) sum / a.length).isLessThan(1.5); // JPEG of quality 95
    }
  }

  private byte[] view(byte[] file, Augmentation augmentation) throws Exception {
    byte[] rgb = new byte[3 * 64 * 64];
    PixelBuffer pixels = PixelBuffer.ofSize(64);
    try (ImageReader reader = new ImageReader(64, augmentation)) {
      reader.read(sample(file), Philox.of(7, "view"), pixels);
      pixels.get(rgb);
    }
    return rgb;
  }

  @Test
  void threadsDecodeAtOnceWithoutDisturbingEachOther() throws Exception {
    byte[] png = png(TestImages.picture(120, 90, 1), false);
    List<Sample> samples =
        List.of(
            new Sample(
                Files.write(dir.resolve("1.png"), png), "1.png", 0, png.length, List.of(), 0),
            new Sample(
                Files.write(dir.resolve("2.webp"), webp(WEBP_LOSSY)),
                "2.webp",
                0,
                webp(WEBP_LOSSY).length,
                List.of(),
                0));
    Set<List<Integer>> results = ConcurrentHashMap.newKeySet();
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 20; i++) {
                    int kind = i % 2;
                    BufferedImage image = DrawnImage.square(samples.get(kind), 20);
                    int[] all = image.getRGB(0, 0, 20, 20, null, 0, 20);
                    results.add(List.of(kind, Arrays.hashCode(all)));
                  }
                } catch (UnusableImage e) {
                  results.add(List.of(-1));
                }
              });
      threads[t].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(results).hasSize(2).noneMatch(result -> result.get(0) < 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GIF89a.......... | it is a GIF image; JPEG, PNG and WebP are read: convert it, as with 'magick IMAGE IMAGE.png'",
        "<!DOCTYPE html><html> | it is an HTML page",
        "'' | it is empty",
        "{\"error\": 404, ..} | it is a JSON file",
        "plain text, but more | it is neither JPEG, PNG nor WebP",
      })
  void whatIsNoPhotographIsCalledWhatItIs(String content, String reason) throws IOException {
    byte[] file = content.getBytes(StandardCharsets.US_ASCII);
    assertRefused(file, reason);
    Path path = Files.write(dir.resolve("b.jpg"), file);
    Location stored = new Location(path.toString(), 0, Location.WHOLE_FILE);
    assertThat(stored.obstacle(null)).isEmpty();
    assertThat(stored.fault(null)).isEqualTo(reason);
    assertThat(new Location("table", 3, Location.IN_TABLE).fault(file)).isEqualTo(reason);
    Path shard =
        Files.write(
            dir.resolve("s.tar"), (".".repeat(512) + content).getBytes(StandardCharsets.US_ASCII));
    assertThat(new Location(shard.toString(), 512, file.length).fault(null)).isEqualTo(reason);
  }
}
