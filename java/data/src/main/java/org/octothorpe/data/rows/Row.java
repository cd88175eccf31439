package org.octothorpe.data.rows;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleName;

/**
 * A row of the input of curation: an image and its hashtags.
 *
 * @param id what the image is called in the whole input; unique
 * @param tags its hashtags, folded, each once, in the order of the source
 * @param image where its bytes are
 * @param content its bytes, if the row brings them along and they were asked for
 * @param name what the image is called in its shard or from its table's folder, as in {@link
 *     Sample#name}; empty if it is neither in this shard nor a file there
 * @param place the row's place in its file, as messages name it
 * @param position where {@link RowFile#read} finds the row again
 */
@SuppressWarnings("ArrayRecordComponent") // rows are never compared
public record Row(
    String id,
    List<String> tags,
    Location image,
    byte @Nullable [] content,
    String name,
    String place,
    long position) {
  /**
   * Returns the name of the image, as that of its sample; null if it has none.
   *
   * @param file that the row is of
   */
  public @Nullable SampleName sampleName(RowFile file) {
    if (name.isEmpty()) {
      return null;
    }
    boolean own = image.bytes() == Location.WHOLE_FILE;
    return new SampleName(own ? "" : MemberName.ofFile(file.path()), name);
  }
}
