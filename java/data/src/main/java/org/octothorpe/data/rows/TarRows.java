package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.shards.TarShard;

/** The rows of a WebDataset shard, as {@link TarShard} reads them and counts their positions. */
public record TarRows(Path path, String scope) implements RowFile {
  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    TarShard.read(
        path,
        scope,
        position,
        (sample, id, place) ->
            sink.row(
                new Row(
                    id,
                    sample.tags(),
                    new Location(path.toString(), sample.offset(), sample.bytes()),
                    null,
                    sample.name(),
                    sample.name(),
                    place)),
        bad);
  }

  @Override
  public Map<Long, String> places(SortedSet<Long> positions) throws IOException {
    Map<Long, String> places = new HashMap<>();
    if (!positions.isEmpty()) {
      Sink sink =
          row -> {
            if (positions.contains(row.position())) {
              places.put(row.position(), row.place());
            }
            return row.position() < positions.last();
          };
      read(positions.first(), false, sink, new BadSamples(1, message -> {}));
    }
    return places;
  }
}
