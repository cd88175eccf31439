package org.octothorpe.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
    StoredImage image,
    byte @Nullable [] content,
    String name,
    String place,
    long position) {}
