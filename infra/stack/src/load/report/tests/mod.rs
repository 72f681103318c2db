mod changes;
mod page;
mod picture;
mod plots;
mod wellformed;
