package org.octothorpe.data.curation;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.octothorpe.data.ShardWriter;

/** Takes the images of one file of a curated set. */
@FunctionalInterface
interface ImageSink {
  void add(CuratedImage image) throws IOException;

  /** What gives the images of one file. */
  @FunctionalInterface
  interface Source {
    void writeTo(ImageSink sink) throws IOException;
  }

  /** Writes one file of a curated set, whole or not at all. */
  static void write(OutputFormat format, Path file, Source source) throws IOException {
    switch (format) {
      case SHARDS -> ShardWriter.write(file, shard -> source.writeTo(new Shard(shard)));
      case PARQUET -> ParquetManifest.write(file, source);
    }
  }

  /**
   * A WebDataset shard: the image, and {@code {"id": ..., "tags": [...], "repeat": ...}}.
   *
   * @param shard where to
   */
  record Shard(ShardWriter shard) implements ImageSink {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Label(String id, List<String> tags, double repeat) {}

    @Override
    public void add(CuratedImage image) throws IOException {
      String key = "%09d".formatted(image.number());
      shard.add(key + ".jpg", image.content());
      Label label = new Label(image.row().id(), image.tags(), image.repeat());
      shard.add(key + ".json", JSON.writeValueAsBytes(label));
    }
  }
}
