package org.octothorpe.data;

import java.io.IOException;
import java.nio.file.Path;

/** The rows of a WebDataset shard; a position is the byte where a sample's first member starts. */
record TarRows(Path path) implements RowFile {
  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    TarShard.read(
        path,
        position,
        (sample, id, start) ->
            sink.row(
                new Row(
                    id,
                    sample.tags(),
                    new StoredImage(path.toString(), sample.offset(), sample.bytes()),
                    null,
                    sample.name(),
                    sample.name(),
                    start)),
        bad);
  }
}
