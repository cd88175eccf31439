package org.octothorpe.data.augment;

/**
 * What a network sees of an image: a crop, resized to a square, mirrored or not, then shifted with
 * black borders.
 *
 * @param x left column of the crop
 * @param y top row of the crop
 * @param width columns of the crop
 * @param height rows of the crop
 * @param flip whether it is mirrored left to right
 * @param shiftX pixels of the square that its content moves to the right; what leaves is lost, what
 *     enters is 0
 * @param shiftY pixels that its content moves down
 */
public record View(int x, int y, int width, int height, boolean flip, int shiftX, int shiftY) {}
