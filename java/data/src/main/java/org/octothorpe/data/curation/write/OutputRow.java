package org.octothorpe.data.curation.write;

import java.io.IOException;
import java.util.List;
import org.octothorpe.data.rows.Row;

/**
 * An image of a curated set.
 *
 * @param number its place in the set, from 0
 * @param row the row of the input
 * @param tags its canonical tags, each once
 * @param repeat how often it appears in an epoch on average
 */
record OutputRow(long number, Row row, List<String> tags, double repeat) {
  byte[] content() throws IOException {
    byte[] content = row.content();
    return content != null ? content : row.image().read();
  }
}
