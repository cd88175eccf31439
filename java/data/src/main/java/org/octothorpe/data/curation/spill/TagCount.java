package org.octothorpe.data.curation.spill;

/**
 * The number of images of a tag.
 *
 * @param tag as counted, raw or canonical
 * @param images images that carry it
 */
public record TagCount(String tag, long images) {}
