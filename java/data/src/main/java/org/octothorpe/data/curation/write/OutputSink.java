package org.octothorpe.data.curation.write;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.octothorpe.data.files.ImageFormat;
import org.octothorpe.data.tar.TarWriter;

/** Takes the images of one file of a curated set. */
@FunctionalInterface
interface OutputSink {
  void add(OutputRow image) throws IOException;

  /** What gives the images of one file. */
  @FunctionalInterface
  interface Source {
    void writeTo(OutputSink sink) throws IOException;
  }

  /** Writes one file of a curated set, whole or not at all. */
  static void write(OutputFormat format, Path file, Source source) throws IOException {
    switch (format) {
      case SHARDS -> TarWriter.write(file, shard -> source.writeTo(new Shard(shard)));
      case PARQUET -> ParquetManifest.write(file, source);
    }
  }

  /**
   * A WebDataset shard: the image, with the ending of its content, and {@code {"id": ..., "tags":
   * [...], "repeat": ...}}.
   *
   * @param shard where to
   */
  record Shard(TarWriter shard) implements OutputSink {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Label(String id, List<String> tags, double repeat) {}

    @Override
    public void add(OutputRow image) throws IOException {
      String key = String.format(Locale.ROOT, "%09d", image.number());
      byte[] content = image.content();
      shard.add(key + "." + format(image, content).extension(), content);
      Label label = new Label(image.row().id(), image.tags(), image.repeat());
      shard.add(key + ".json", JSON.writeValueAsBytes(label));
    }

    private static ImageFormat format(OutputRow image, byte[] content) throws IOException {
      byte[] prefix = Arrays.copyOf(content, Math.min(ImageFormat.PREFIX_BYTES, content.length));
      ImageFormat format = ImageFormat.of(prefix);
      if (format == null) { // the first reading has left such rows out
        throw new IOException(
            String.format(
                Locale.ROOT,
                "%s: %s has changed while the set was made: %s",
                image.row().image().file(),
                image.row().place(),
                ImageFormat.refusal(prefix)));
      }
      return format;
    }
  }
}
