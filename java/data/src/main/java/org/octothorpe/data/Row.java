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
 * @param place the row's place in its file, as messages name it
 * @param position where {@link RowFile#read} finds the row again
 */
@SuppressWarnings("ArrayRecordComponent") // rows are never compared
public record Row(
    String id,
    List<String> tags,
    StoredImage image,
    byte @Nullable [] content,
    String place,
    long position) {}
