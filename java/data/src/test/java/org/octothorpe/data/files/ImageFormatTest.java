package org.octothorpe.data.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageFormatTest {
  @Test
  void theContentDecides() {
    assertThat(ImageFormat.of(bytes("\u00ff\u00d8\u00ff\u00e1"))).isEqualTo(ImageFormat.JPEG);
    assertThat(ImageFormat.of(bytes("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR")))
        .isEqualTo(ImageFormat.PNG);
    assertThat(ImageFormat.of(bytes("RIFF\0\0\0\0WEBPVP8 "))).isEqualTo(ImageFormat.WEBP);
    assertThat(ImageFormat.of(bytes("RIFF\0\0\0\0WAVEfmt "))).isNull();
    assertThat(ImageFormat.of(bytes("\u00ff\u00d8"))).isNull();
    assertThat(ImageFormat.of(new byte[0])).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'', empty",
    "GIF89a, a GIF image",
    "' <!DOCTYPE html>', an HTML page",
    "'<html lang=\"en\">', an HTML page",
    "'<?xml version=', an XML file",
    "'{\"error\": 404}', a JSON file",
    "'....ftypavif', an AVIF image",
    "'....ftypheic', a HEIF image",
    "'hello', 'neither JPEG, PNG nor WebP'",
  })
  void othersAreNamed(String content, String name) {
    assertThat(ImageFormat.describe(bytes(content))).isEqualTo(name);
  }

  @Test
  void namesOfAnyCaseAreThoseOfImages() {
    assertThat(ImageFormat.isExtension("JPEG")).isTrue();
    assertThat(ImageFormat.isExtension("webp")).isTrue();
    assertThat(ImageFormat.isExtension("json")).isFalse();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
